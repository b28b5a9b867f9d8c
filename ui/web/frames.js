// Frames that would draw nothing are not asked of the browser.
//
// The console's host asks for every animation frame, all day long. While nothing moves, such a
// request sleeps here until something may have changed: an event of the page, word from the
// console that it has news, or the time for which it announced its next frame.

/** After something happened, every frame is run for so long. */
const AWAKE_MS = 250;
/** The longest sleep. */
const LONGEST_MS = 1000;
const EVENTS = [
  "pointermove", "pointerdown", "pointerup", "pointercancel", "pointerleave", "mousemove", "mouseleave", "click",
  "wheel", "keydown", "keyup", "input", "paste", "copy", "cut", "compositionupdate", "compositionend", "touchstart",
  "touchmove", "touchend", "dragover", "drop", "focus", "blur", "focusin", "resize", "visibilitychange",
];

const request = window.requestAnimationFrame.bind(window);
const cancel = window.cancelAnimationFrame.bind(window);
/** Requests that sleep, and those that were woken with the browser's number for them. */
const sleeping = new Map();
const woken = new Map();
let last = 0;
let awakeUntil = performance.now() + LONGEST_MS;
let due = Infinity;
let timer = 0;

function wakeAll() {
  clearTimeout(timer);
  timer = 0;
  for (const [id, callback] of sleeping) {
    sleeping.delete(id);
    woken.set(id, request((time) => {
      woken.delete(id);
      callback(time);
    }));
  }
}

function stayAwake() {
  awakeUntil = performance.now() + AWAKE_MS;
  if (sleeping.size) wakeAll();
}

window.requestAnimationFrame = (callback) => {
  const now = performance.now();
  if (now < awakeUntil || now >= due) return request(callback);
  last -= 1;
  sleeping.set(last, callback);
  timer ||= setTimeout(wakeAll, Math.min(due - now, LONGEST_MS));
  return last;
};

window.cancelAnimationFrame = (id) => {
  if (id >= 0) return cancel(id);
  sleeping.delete(id);
  if (woken.has(id)) cancel(woken.get(id));
  woken.delete(id);
};

/** The console has drawn a frame, or has news: its next frame is due in so many milliseconds. */
window.empmixFrameIn = (ms) => {
  due = performance.now() + ms;
  if (ms < AWAKE_MS) stayAwake();
};

for (const name of EVENTS) addEventListener(name, stayAwake, { capture: true, passive: true });
