/** Formats values for display. */
import { el } from './dom.js';

/** The parts of a fully qualified name, without quotes. */
export function partsOf(fqn) {
  return (fqn.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? [fqn]).map((part) =>
    part.replaceAll(/^"|"$/g, ''),
  );
}

export function moment(ms) {
  if (ms === null) return '–';
  const date = new Date(ms);
  return el('time', { datetime: date.toISOString(), title: date.toLocaleString() }, ago(ms));
}

function ago(ms) {
  const seconds = Math.round((Date.now() - ms) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(ms).toLocaleDateString();
}

/** A time to come. */
export function upcoming(ms) {
  const date = new Date(ms);
  const seconds = Math.max(0, Math.round((ms - Date.now()) / 1000));
  const text =
    seconds < 60
      ? `in ${seconds} s`
      : seconds < 3600
        ? `in ${Math.round(seconds / 60)} min`
        : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  return el('time', { datetime: date.toISOString(), title: date.toLocaleString() }, text);
}

export function duration(from, to) {
  if (from === null) return '–';
  const seconds = ((to ?? Date.now()) - from) / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function count(value) {
  return Number(value).toLocaleString('en');
}

/** `1 table`, `2 tables`. */
export function counted(value, plural) {
  return `${count(value)} ${Number(value) === 1 ? plural.slice(0, -1) : plural}`;
}

export function bytes(value) {
  if (value === null) return '–';
  if (value < 1024) return `${value} B`;
  return value < 1024 * 1024
    ? `${(value / 1024).toFixed(1)} KB`
    : `${(value / 1024 / 1024).toFixed(1)} MB`;
}
