// Requests to the browser only those animation frames that can change something, and notices when
// one does not come.
//
// The console's host requests every animation frame. While nothing moves, such a request sleeps here
// until something may have changed: an event of the page, a message from the console that it has
// news, or the time for which the console announced its next frame.

/** After an event, every frame runs for this long. */
const AWAKE_MS = 250;
/** The longest sleep. */
const LONGEST_MS = 1000;
/** How often the watchdog looks, and how many times in a row a frame may be missing: 2 s in all. */
const TICK_MS = 500;
const MISSED_TICKS = 4;
const EVENTS = [
  "pointermove", "pointerdown", "pointerup", "pointercancel", "pointerleave", "mousemove", "mouseleave", "click",
  "wheel", "keydown", "keyup", "input", "paste", "copy", "cut", "compositionupdate", "compositionend", "touchstart",
  "touchmove", "touchend", "dragover", "drop", "focus", "blur", "focusin", "resize", "visibilitychange", "hashchange", "popstate",
];

const nativeRequest = window.requestAnimationFrame.bind(window);
const nativeCancel = window.cancelAnimationFrame.bind(window);
/** Requests that sleep, and those that were woken with the browser's number for them. */
const sleeping = new Map();
const woken = new Map();
/** Requests that the browser has and has not answered. */
const unanswered = new Set();
let last = 0;
let awakeUntil = performance.now() + LONGEST_MS;
/** When the console's next frame is due. */
let due = Infinity;
let timer = 0;
/** Callbacks that ran, and frames that the console drew. */
let answered = 0;
let drawn = 0;

function request(callback) {
  const id = nativeRequest((time) => {
    unanswered.delete(id);
    answered += 1;
    callback(time);
  });
  unanswered.add(id);
  return id;
}

function cancel(id) {
  unanswered.delete(id);
  nativeCancel(id);
}

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

/** The console has news: its next frame is due in this many milliseconds. */
window.empmixFrameIn = (ms) => {
  due = performance.now() + ms;
  if (ms < AWAKE_MS) stayAwake();
};

/** The console has drawn a frame; the next one is due in this many milliseconds. */
window.empmixFrameDrawn = (ms) => {
  drawn += 1;
  window.empmixFrameIn(ms);
};

for (const name of EVENTS) addEventListener(name, stayAwake, { capture: true, passive: true });

/**
 * Calls `stalled` when a visible page has waited 2 s for a frame that was requested or is due, and
 * `resumed` when frames come again. Time in which this script cannot run does not count: a frame
 * that takes long is not a missing one.
 */
export function watchFrames(stalled, resumed) {
  let missed = 0;
  let seen = [answered, drawn];
  setInterval(() => {
    const noAnswer = unanswered.size > 0 && answered === seen[0];
    const notDrawn = performance.now() > due && drawn === seen[1];
    const waits = document.visibilityState === "visible" && (noAnswer || notDrawn);
    seen = [answered, drawn];
    if (waits) {
      missed += 1;
      if (missed === MISSED_TICKS) stalled();
    } else {
      if (missed >= MISSED_TICKS) resumed();
      missed = 0;
    }
  }, TICK_MS);
}
