/**
 * Numbers as text.
 *
 * @module
 */
import { count, percent } from "@segadv/segadv/util";

/** A fraction as 66.67 %, a dash for `null`. */
export function percentage(fraction: number | null): string {
  return fraction === null ? "-" : `${percent(fraction)} %`;
}

/** A number and its noun, which takes an s unless there is one of it. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Seconds as 0:42, 12:05 or 3:07:09. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Three significant digits, as 0.834, 12.5 or 1.2e-7. */
export function short(value: number): string {
  const isTiny = value !== 0 && Math.abs(value) < 1e-3;
  return isTiny ? value.toExponential(1) : value.toPrecision(3);
}
