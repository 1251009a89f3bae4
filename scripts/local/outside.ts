/**
 * How a region of the local world is reached and what it reaches besides probing: its function URLs, its
 * `notify` called by other functions, and the inbox in the place of the user's own channels.
 */
import type { Config } from '../../shared/core/model.ts';
import { openFunctionUrls, type RegionUrls } from './function-urls.ts';
import { type Inbox, openInbox } from './inbox.ts';
import type { Region } from './regions.ts';
import { SCHEDULED } from './scheduler.ts';
import type { EventHub } from './world-events.ts';

/** `regions` may fill up later: nothing is called before there is one. */
export const openWorldInbox = (
  regions: ReadonlyMap<string, Region>,
  events: EventHub,
  now: () => number,
): Promise<Inbox> =>
  openInbox({
    now,
    onItem: ({ at, channel, text }) => events.emit({ event: 'told', at, channel, text }),
    invoke: (region, name, payload) => callOther(regions.get(region), name, payload),
  });

/** As one function calls another: by its name. */
async function callOther(
  region: Region | undefined,
  name: string,
  payload: unknown,
): Promise<unknown> {
  const called = SCHEDULED.find((one) => name.endsWith(`-${one}`));
  if (region === undefined || called === undefined) throw new Error(`there is no function ${name}`);
  return region.call(called, payload);
}

/** The user's own channels are not told of what happens in a play. */
export const localNotify = (
  { notify: { sns, events } }: Pick<Config, 'notify'>,
  { webhookUrl }: Inbox,
): Config['notify'] => ({
  webhook: webhookUrl,
  ...(sns !== undefined && { sns }),
  ...(events !== undefined && { events }),
});

/** Each with its URLs: a region that is lost takes them along. */
export async function openRegions(
  opened: AsyncDisposableStack,
  boots: readonly (() => Region)[],
  regions: Map<string, Region>,
  place: { readonly address: string; readonly now: () => number },
): Promise<ReadonlyMap<string, RegionUrls>> {
  const urls = new Map<string, RegionUrls>();
  for (const boot of boots) {
    const region = opened.use(boot());
    const doors = opened.use(
      await openFunctionUrls({
        ...place,
        region: region.vantage,
        call: (event, scope) => region.call('api', event, scope === 'own' ? '' : scope),
      }),
    );
    urls.set(region.vantage, doors.urls);
    regions.set(region.vantage, {
      ...region,
      async setDown(isDown) {
        if (isDown) await doors.setDown(true);
        await region.setDown(isDown);
        if (!isDown) await doors.setDown(false);
      },
    });
  }
  return urls;
}
