"""Runs a canary to watch: two instances of a small shop, a Prometheus that scrapes them, load, and `judge watch`.

The canary first gets 10 % of the traffic, then 33 %. If a stage fails, all traffic goes back. In a real rollout the
stages last ten and twenty minutes after a minute of warm-up; here a minute is a second or two. The script `run` runs this.
"""

import argparse
import contextlib
import pathlib
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
RECORDED = HERE.parent.parent / "fixtures" / "recorded"
SERVICE = RECORDED / "service"

sys.path.insert(0, str(RECORDED))
from processes import free_ports, running, wait_for  # noqa: E402

PROMETHEUS = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: shop
    static_configs:
      - {{targets: ["127.0.0.1:{stable}"], labels: {{version: stable}}}}
      - {{targets: ["127.0.0.1:{canary}"], labels: {{version: canary}}}}
"""

# Share of the traffic, and judged time in minutes of a real rollout.
STAGES = [(0.10, 10), (0.33, 20)]
WARM_UP = 1


def watch(judge, url, minutes, seconds, report):
    """Runs one stage and returns its exit code."""

    def length(minutes):
        return f"{round(minutes * seconds * 1000)}ms"

    command = [
        judge, "watch", "--config", str(HERE / "canary.json"), "--prometheus", url,
        "--baseline-scope", "stable", "--canary-scope", "canary", "--step", "1s", "--settle", "2s",
        "--warm-up", length(WARM_UP * 3), "--lifetime", length(minutes), "--interval", length(5), "--report", report,
    ]  # fmt: skip
    print("$ " + " ".join(command), flush=True)
    return subprocess.run(command).returncode


def roll_out(options, url, share):
    """Runs all stages. Returns whether the canary passed them."""
    for number, (part, minutes) in enumerate(STAGES, 1):
        share.write_text(str(part))
        print(f"\nstage {number}: {part:.0%} of the traffic to the canary ({options.release})", flush=True)
        report = str(options.reports / f"{options.release}-stage-{number}.html")
        code = watch(options.judge, url, minutes, options.minute, report)
        if code != 0:
            share.write_text("0")
            print(f"exit code {code}: all traffic goes back to stable", flush=True)
            return False
    share.write_text("1")
    print("exit code 0: all traffic goes to the canary", flush=True)
    return True


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--release", default="slow", help="the canary's release: stable, slow, failing")
    arguments.add_argument("--minute", type=float, default=2.0, help="seconds per minute of a real rollout")
    arguments.add_argument("--prometheus", default="prometheus")
    arguments.add_argument("--judge", default="judge")
    arguments.add_argument("--reports", type=pathlib.Path, default=pathlib.Path("."), help="folder for the pages")
    options = arguments.parse_args()
    # SIGTERM also ends the processes below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    stable, canary, stable_metrics, canary_metrics, prometheus = free_ports(5)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        share = folder / "share"
        share.write_text("0")
        config = folder / "prometheus.yml"
        config.write_text(PROMETHEUS.format(stable=stable_metrics, canary=canary_metrics))
        url = f"http://127.0.0.1:{prometheus}"
        stack.enter_context(running([
            options.prometheus, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{prometheus}", "--log.level=error",
        ]))  # fmt: skip
        for release, port, metrics in [("stable", stable, stable_metrics), (options.release, canary, canary_metrics)]:
            shop = [sys.executable, str(SERVICE / "shop.py"), "--release", release]
            stack.enter_context(running([*shop, "--port", str(port), "--metrics-port", str(metrics)]))
            wait_for(f"http://127.0.0.1:{port}/search?q=oak", 60)
        load = [sys.executable, str(SERVICE / "load.py"), "--rate", "90", "--seconds", "3600", "--seed", "1"]
        stack.enter_context(running([*load, "--port", str(stable), "--port", str(canary), "--share", str(share)]))
        wait_for(f"{url}/-/ready", 60)
        came_through = roll_out(options, url, share)
    sys.exit(0 if came_through else 4)


if __name__ == "__main__":
    main()
