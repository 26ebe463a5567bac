// What reports draw with; everything else of Observable Plot is left out of the bundle.
export {
  binX,
  boxX,
  dodgeY,
  dot,
  lineY,
  plot,
  pointer,
  rectX,
  rectY,
  ruleX,
  ruleY,
  tip,
} from "@observablehq/plot";
