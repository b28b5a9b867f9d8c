/** The automatic properties: browser, system, screen, page, campaign. */
import type { Host } from "./host";
import type { Properties } from "./types";

declare const EMPMIX_VERSION: string;

/** A name, and a pattern whose first group is the version. The first matching signature is used. */
type Signature = [name: string, pattern: RegExp];

const BROWSERS: Signature[] = [
  ["Edge", /Edg(?:e|A|iOS)?\/(\d+)/],
  ["Opera", /OPR\/(\d+)/],
  ["Samsung Internet", /SamsungBrowser\/(\d+)/],
  ["Firefox", /(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /(?:Chrome|CriOS)\/(\d+)/],
  ["Safari", /Version\/(\d+).*Safari/],
];

const SYSTEMS: Signature[] = [
  ["iOS", /(?:iPhone|iPad|iPod).*? OS ([\d_]+)/],
  ["Android", /Android ?([\d.]*)/],
  ["Windows", /Windows NT ([\d.]+)/],
  ["macOS", /Mac OS X ([\d_.]+)/],
  ["ChromeOS", /CrOS \S+ ([\d.]+)/],
  ["Linux", /Linux()/],
];

function recognise(userAgent: string, signatures: Signature[]): [name?: string, version?: string] {
  for (const [name, pattern] of signatures) {
    const match = pattern.exec(userAgent);
    if (match) return [name, match[1]!.replace(/_/g, ".")];
  }
  return [];
}

function deviceType(userAgent: string): string {
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(userAgent)) return "Tablet";
  return /Mobi|iPhone|iPod/.test(userAgent) ? "Mobile" : "Desktop";
}

/** The host of a URL, or undefined. */
function domain(url: string): string | undefined {
  return /^\w+:\/\/([^/?#]+)/.exec(url)?.[1];
}

/** The `utm_` parameters of the page's address, as `$utm_…` properties. */
export function campaignOf({ page }: Host): Properties {
  const campaign: Properties = {};
  if (page) {
    new URLSearchParams(page.location.search).forEach((value, name) => {
      if (/^utm_(source|medium|campaign|term|content)$/.test(name) && value) campaign["$" + name] = value;
    });
  }
  return campaign;
}

function pageProperties({ page, document, navigator }: Host): Properties {
  if (!page || !document || !navigator) return {};
  const { userAgent } = navigator;
  const [browser, browserVersion] = recognise(userAgent, BROWSERS);
  const [os, osVersion] = recognise(userAgent, SYSTEMS);
  return {
    $browser: browser,
    $browser_version: browserVersion,
    $os: os,
    $os_version: osVersion,
    $device_type: deviceType(userAgent),
    $screen_width: page.screen?.width,
    $screen_height: page.screen?.height,
    $viewport_width: page.innerWidth,
    $viewport_height: page.innerHeight,
    $current_url: page.location.href,
    $pathname: page.location.pathname,
    $referrer: document.referrer,
    $referring_domain: domain(document.referrer),
    $page_title: document.title,
  };
}

/** The automatic properties at this moment; unknown ones are left out. */
export function automaticProperties(host: Host): Properties {
  // Some JavaScript engines of mobile apps have no Intl.
  const { locale, timeZone }: Partial<Intl.ResolvedDateTimeFormatOptions> =
    globalThis.Intl?.DateTimeFormat().resolvedOptions() ?? {};
  const all: Properties = {
    ...pageProperties(host),
    $locale: host.navigator?.language || locale,
    $timezone: timeZone,
    $lib: "empmix-js",
    $lib_version: EMPMIX_VERSION,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== ""));
}
