// What breaks in the console is shown, reported, and ended by loading the page again.
//
// In the desktop's window a failure goes into the app's log, and the page loads itself again, once in
// ten minutes; after that, and in a browser, it waits for the button.

const RELOADED_AT = "empmix-reloaded-at";
const ONCE_IN_MS = 10 * 60 * 1000;
/** How long a notice stays before the desktop loads the page again. */
const NOTICE_MS = 3000;
const MOST_REPORTS = 20;

const notice = document.getElementById("notice");
const button = notice.querySelector("button");
const shell = globalThis.__TAURI_INTERNALS__;
let reports = 0;
let timer = 0;

button.addEventListener("click", () => location.reload());

/** Writes a failure into the app's log, or into the browser's console. */
export function report(message) {
  reports += 1;
  if (reports > MOST_REPORTS) return;
  if (shell) shell.invoke("report_failure", { message: String(message).slice(0, 4000) }).catch(() => {});
  else console.error(message);
}

/** Covers the page with a title, what to do, and details. */
function show(title, advice, details) {
  notice.hidden = false;
  notice.classList.add("failed");
  notice.setAttribute("role", "alert");
  notice.querySelector("h1").textContent = title;
  notice.querySelector("p").textContent = advice;
  notice.querySelector("pre").textContent = details;
}

/** Shows a failure that loading the page again cannot end. */
export function refuse(title, advice) {
  show(title, advice, "");
  report(title);
}

/** Shows and reports a failure that loading the page again may end. */
export function fail(title, advice, details = "") {
  show(title, advice, details);
  button.hidden = false;
  report(details ? `${title}: ${details}` : title);
  if (shell && !timer && mayReload()) timer = setTimeout(reload, NOTICE_MS);
}

/** Takes the notice away: the console works again. */
export function recover() {
  clearTimeout(timer);
  timer = 0;
  notice.hidden = true;
  notice.classList.remove("failed");
  button.hidden = true;
  report("the console draws again");
}

function mayReload() {
  const before = Number(sessionStorage.getItem(RELOADED_AT));
  return !before || Date.now() - before > ONCE_IN_MS;
}

function reload() {
  sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  location.reload();
}
