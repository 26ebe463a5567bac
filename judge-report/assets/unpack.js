// The page carries the charting library compressed, in a third of its bytes. Whoever draws waits for this.
const plotReady = (async () => {
  "use strict";

  const packed = document.getElementById("plot");
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.body.append(script);
  packed.remove();
})();

plotReady.catch(() => {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = "The charts need a browser of 2023 or later; everything else is here.";
  document.querySelector("main").append(note);
});
