/**
 * Within an hour, the minutes in which probes of an endpoint failed, by exception: an hour without a failure
 * has none. An hour's sum alone can't tell whether an endpoint failed while it was served or after it was
 * taken out, and that is what an error budget is about. Text that can't be read is no minutes: then the
 * hour counts as a whole.
 */
export type FailedMinute = {
  /** 0 to 59. */
  readonly minute: number;
  readonly passes: number;
  readonly failures: number;
};

const MINUTES_OF_HOUR = 60;
const PART = /^([1-5]?\d):(\d{1,7})\/(\d{1,7})$/;

/** `3:2/4 4:0/6`: minute 3 had 2 passes and 4 failures. */
export const printFailedMinutes = (minutes: readonly FailedMinute[]): string =>
  minutes.map(({ minute, passes, failures }) => `${minute}:${passes}/${failures}`).join(' ');

export function parseFailedMinutes(text: string): readonly FailedMinute[] | undefined {
  const parts = text.split(' ');
  const minutes = parts.flatMap((part) => {
    const [, ...fields] = PART.exec(part) ?? [];
    const [minute = 0, passes = 0, failures = 0] = fields.map(Number);
    return fields.length === 0 ? [] : [{ minute, passes, failures }];
  });
  return minutes.length === parts.length && minutes.length <= MINUTES_OF_HOUR ? minutes : undefined;
}

/** The sum per minute, in order. */
export function addFailedMinutes(all: readonly FailedMinute[]): readonly FailedMinute[] {
  return [...Map.groupBy(all, ({ minute }) => minute)]
    .map(([minute, same]) => ({
      minute,
      passes: same.reduce((sum, { passes }) => sum + passes, 0),
      failures: same.reduce((sum, { failures }) => sum + failures, 0),
    }))
    .sort((a, b) => a.minute - b.minute);
}
