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

/** Tracks clicks on links and buttons with their visible text; never typed text. */
export function trackClicks(page: Page, track: Track): void {
  const click = (event: MouseEvent) => {
    const target = (event.target as Element | null)?.closest?.<HTMLElement>("a,button,[role=button],input[type=submit]");
    if (!target) return;
    track("$click", {
      $element: target.tagName.toLowerCase(),
      $element_id: target.id || undefined,
      $element_text: target.textContent?.trim().slice(0, 100) || undefined,
      $element_href: (target as HTMLAnchorElement).href || undefined,
    });
  };
  page.addEventListener("click", click, true);
}
