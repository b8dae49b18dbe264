// What the page of a sweep or a tuning can do: its charts take the width that there is.

function draw() {
  for (const svg of charts) drawChart(svg);
}

const button = document.querySelector("[data-do=theme]");
button.hidden = false;
button.addEventListener("click", turnTheme);
draw();
addEventListener("resize", draw);
document.documentElement.dataset.ready = "yes";
