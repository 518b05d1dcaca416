// Comfort, nothing that a page needs: commands get a button that copies them, and a page says when it has news.
"use strict";

for (const code of document.querySelectorAll(".command code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${code.textContent}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  code.after(button);
}

const EVERY = 30000;
let tag = null;

async function look() {
  if (document.hidden) return;
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "error" });
    const now = answer.headers.get("ETag");
    if (answer.ok && tag && now && now !== tag) news();
    if (answer.ok) tag = now;
  } catch {
    // not reachable now: the next look may be luckier
  }
}

function news() {
  if (document.getElementById("news")) return;
  const said = document.createElement("p");
  said.id = "news";
  said.setAttribute("role", "status");
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "This page has news. Load it again.";
  said.append(link);
  document.body.append(said);
}

if (!document.querySelector(".then")) { // a past day has no news
  look();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
