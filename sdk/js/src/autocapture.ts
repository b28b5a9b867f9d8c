/** Events that the SDK tracks automatically: `$page_view` and `$click`. */
import type { Page } from "./host";
import type { Properties } from "./types";

type Track = (event: string, properties?: Properties) => void;

/** Tracks the current page, and each later one of a single-page application. */
export function trackPageViews(page: Page, track: Track): void {
  let tracked = "";
  const trackIfChanged = () => {
    const { pathname, search } = page.location;
    if (tracked !== (tracked = pathname + search)) track("$page_view");
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = page.history?.[name];
    if (!original) continue;
    page.history[name] = function (this: History, ...args) {
      original.apply(this, args);
      trackIfChanged();
    };
  }
  page.addEventListener("popstate", trackIfChanged);
  trackIfChanged();
}

/** Where a person types: what is in it is never read. */
const TYPED = "input,textarea,select,[contenteditable]:not([contenteditable=false]),[role=textbox],[role=searchbox],[role=combobox],[role=spinbutton]";
const SUBMIT = "input[type=submit]";

/** The visible text of a control, without what was typed into it or around it. */
function textOf(element: Element): string {
  const parts: string[] = [];
  const read = (node: Node) => {
    if (node.nodeType === 3) parts.push(node.nodeValue ?? "");
    else if (node.nodeType === 1 && !(node as Element).matches(`${TYPED},script,style`)) node.childNodes.forEach(read);
  };
  if (!element.closest(TYPED)) read(element);
  return parts.join("").trim().replace(/\s+/g, " ").slice(0, 100);
}

/** Tracks clicks on links and buttons with their visible text; never typed text. */
export function trackClicks(page: Page, track: Track): void {
  const click = (event: MouseEvent) => {
    const target = (event.target as Element | null)?.closest?.<HTMLElement>(`a,button,[role=button],${SUBMIT}`);
    if (!target) return;
    track("$click", {
      $element: target.tagName.toLowerCase(),
      $element_id: target.id || undefined,
      $element_text: textOf(target) || undefined,
      $element_href: (target as HTMLAnchorElement).href || undefined,
    });
  };
  page.addEventListener("click", click, true);
}
