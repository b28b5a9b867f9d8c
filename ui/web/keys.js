// Keys that the console takes from the browser or the web view, and keys of keyboards that do not make
// Latin letters: there a shortcut is the place of its letter.

const isLatin = (key) => key.length !== 1 || key.charCodeAt(0) < 128;
/** The letter of a US keyboard at the place of the key: `KeyK` has `k`. */
const letterAt = (code) => (/^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : undefined);

/** Cut, copy, paste: the browser finds these keys by their place, and does them only for its own events. */
const CLIPBOARD = ["x", "c", "v"];

/** Events that were made here. */
const made = new WeakSet();

/** Listens for as long as the page lives; `press` gives the console a letter without modifiers. */
export function watchKeys(press) {
  addEventListener("keydown", (event) => onKey(event, press), { capture: true });
}

function onKey(event, press) {
  const letter = isLatin(event.key) ? event.key.toLowerCase() : letterAt(event.code);
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (isTaken(letter, command && !event.shiftKey)) event.preventDefault();
  if (letter === undefined || isLatin(event.key) || made.has(event)) return;
  if (command && CLIPBOARD.includes(letter)) return;
  if (command) pressAgain(event, letter);
  else if (!event.altKey && !event.shiftKey) press(letter);
}

/** The palette everywhere; in the desktop's window also what would load the page again. */
function isTaken(key, command) {
  const desktop = "__TAURI_INTERNALS__" in globalThis;
  const reloads = key === "f5" || (command && key === "r");
  return (command && key === "k") || (desktop && reloads);
}

/** The same key with the letter that the console knows. */
function pressAgain(event, letter) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const { code, ctrlKey, metaKey, shiftKey, altKey, repeat } = event;
  const key = shiftKey ? letter.toUpperCase() : letter;
  const again = { key, code, ctrlKey, metaKey, shiftKey, altKey, repeat, bubbles: true, cancelable: true };
  const pressed = new KeyboardEvent("keydown", again);
  made.add(pressed);
  event.target.dispatchEvent(pressed);
}
