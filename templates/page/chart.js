// The curve of a lag: its points stand in a live part, so that they come as everything else does.
(() => {
  let chart = null;
  let drawn = "";
  const style = (property) => () => getComputedStyle(document.getElementById("lag-chart"))[property];
  const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString(document.documentElement.lang);
  const options = (box) => ({
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    // A minute at least, so that the first points do not fill it.
    scales: { x: { range: (_, first, last) => [Math.min(first, last - 60), last] }, y: { range: (_, __, most) => [0, Math.max(most ?? 0, 1) * 1.05] } },
    series: [{}, { stroke: style("color"), width: 2, points: { show: false } }],
    axes: [
      { stroke: style("outlineColor"), grid: { stroke: style("borderTopColor"), width: 1 }, ticks: { show: false }, space: 90, incrs: [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600], values: (_, all) => all.map(time) },
      { stroke: style("outlineColor"), grid: { stroke: style("borderTopColor"), width: 1 }, ticks: { show: false }, size: 64, incrs: [1, 2, 5, 10, 20, 50].concat([...Array(14).keys()].flatMap((n) => [1, 2, 5].map((m) => m * 10 ** (n + 2)))) },
    ],
  });
  const draw = () => {
    const box = document.getElementById("lag-chart");
    const points = document.getElementById("lag-points")?.dataset.points;
    if (!box || !points) return;
    if (!chart || !box.contains(chart.root)) {
      chart = new uPlot(options(box), JSON.parse(points), box);
    } else if (points !== drawn) {
      chart.setData(JSON.parse(points));
    }
    drawn = points;
  };
  draw();
  const watched = { subtree: true, childList: true, attributes: true, attributeFilter: ["data-points"] };
  new MutationObserver(draw).observe(document.getElementById("view"), watched);
  addEventListener("resize", () => {
    const box = document.getElementById("lag-chart");
    if (chart && box) chart.setSize({ width: box.clientWidth, height: box.clientHeight });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart?.redraw());
})();
