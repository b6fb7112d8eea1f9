// How numbers, times and names are written.

export const rate = (value) => (value === 0 ? "–" : value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2));

/** Rounded down: 100 % is said of nothing that has failed once. */
export const share = (value) => (value === null ? "–" : `${(Math.floor(value * 1000) / 10).toFixed(value === 1 ? 0 : 1)} %`);

export function latency(milliseconds) {
  if (milliseconds === null) return "–";
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));

/** `account.namespace` of a name that Linkerd made of a ServiceAccount. */
export const identity = (name) => name.split(".serviceaccount.")[0];

export function remaining(seconds) {
  if (seconds <= 0) return "expired";
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit} left`;
  }
  return `${Math.floor(seconds)} s left`;
}

export const count = (number, one, more = `${one}s`) => `${number} ${number === 1 ? one : more}`;
