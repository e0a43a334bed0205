// Draws every figure, and lets the legend's buttons show and hide a policy in all of them.
"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
for (const [name, figure] of Object.entries(figures)) {
  Plotly.newPlot(name, figure.data, figure.layout, {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    toImageButtonOptions: { format: "svg", filename: name },
  });
}
for (const button of document.querySelectorAll(".policies button")) {
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", shown);
    for (const [name, figure] of Object.entries(figures)) {
      const ours = figure.data.flatMap((trace, i) => (trace.legendgroup === button.dataset.policy ? [i] : []));
      if (ours.length) Plotly.restyle(name, { visible: shown }, ours);
    }
  });
}
