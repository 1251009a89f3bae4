/** A wish and what the form says → the request; and the words of the dialog for it. */
import type { OrderShown } from '../../shared/api/parts.ts';
import type { ServiceShown } from '../../shared/api/status.ts';
import type { Change } from './api.ts';
import type { Wish } from './change-context.ts';

export type Form = {
  readonly service: string;
  readonly endpoint: string;
  readonly region: string;
  readonly weight: string;
  readonly duration: string;
  readonly reason: string;
  readonly afterwards: 'auto' | 'approve';
  readonly force: boolean;
};

/** Longest life of an order: 72 h. */
export const DURATIONS: Readonly<Record<string, string>> = {
  '15m': '15 minutes',
  '1h': '1 hour',
  '2h': '2 hours',
  '8h': '8 hours',
  '24h': '24 hours',
  '72h': '72 hours, the longest',
};

/** As a scope: everything, or one region everywhere. */
export const EVERY_SERVICE = '*';

/** What the wish leaves open begins with the first that there is: what the form shows is what is sent. */
export function firstForm(wish: Wish, services: readonly ServiceShown[]): Form {
  const about = wish.kind === 'give' || wish.kind === 'approve' ? wish : null;
  const service = about?.service ?? EVERY_SERVICE;
  const isFreeze = wish.kind === 'give' && wish.order === 'freeze';
  const endpoint = isFreeze ? '' : (about?.endpoint ?? endpointsOf(services, service)[0] ?? '');
  const region = wish.kind === 'give' ? wish.region : null;
  return {
    service,
    endpoint,
    region: isFreeze || service !== EVERY_SERVICE ? '' : (region ?? regionsOf(services)[0] ?? ''),
    weight: '0',
    duration: '1h',
    reason: '',
    afterwards: 'auto',
    force: false,
  };
}

export const endpointsOf = (services: readonly ServiceShown[], id: string): readonly string[] =>
  services.find(({ service }) => service === id)?.endpoints.map(({ endpoint }) => endpoint) ?? [];

export const regionsOf = (services: readonly ServiceShown[]): readonly string[] => [
  ...new Set(services.flatMap(({ endpoints }) => endpoints.flatMap(({ region }) => region ?? []))),
];

export function changeOf(wish: Wish, form: Form): Change {
  const reason = form.reason.trim();
  switch (wish.kind) {
    case 'give':
      return { method: 'POST', path: '/v1/overrides', body: orderBody(wish.order, form, reason) };
    case 'cancel':
      return { method: 'DELETE', path: orderPath(wish.order), body: { reason } };
    case 'extend':
      return {
        method: 'POST',
        path: `${orderPath(wish.order)}/extend`,
        body: { for: form.duration, reason },
      };
    case 'approve':
      return {
        method: 'POST',
        path: '/v1/approvals',
        body: { service: wish.service, endpoint: wish.endpoint, reason },
      };
  }
}

const orderPath = ({ id }: OrderShown): string => `/v1/overrides/${encodeURIComponent(id)}`;

function orderBody(kind: OrderShown['kind'], form: Form, reason: string): Change['body'] {
  return {
    kind,
    scope: scopeOf(kind, form),
    ...(kind === 'pin' ? { weight: Number(form.weight) } : {}),
    for: form.duration,
    reason,
    // biome-ignore lint/suspicious/noThenProperty: the word of the API; the object is never awaited.
    ...(kind === 'freeze' ? {} : { then: form.afterwards }),
    ...(form.force ? { force: ['floor'] } : {}),
  };
}

function scopeOf(kind: OrderShown['kind'], form: Form): Readonly<Record<string, unknown>> {
  if (form.service !== EVERY_SERVICE) {
    return kind === 'freeze' || form.endpoint === ''
      ? { service: form.service }
      : { service: form.service, endpoint: form.endpoint };
  }
  return form.region === '' ? { all: true } : { region: form.region };
}

export type DialogWords = {
  readonly title: string;
  readonly about: string;
  /** Of the button that really does it. */
  readonly act: string;
  readonly done: string;
};

export function wordsOf(wish: Wish, form: Form): DialogWords {
  switch (wish.kind) {
    case 'approve':
      return {
        title: `Approve the return of ${wish.endpoint}`,
        about: `${wish.endpoint} of ${wish.service} is up again; its weight returns by ramp.`,
        act: 'Approve the return',
        done: 'Approved. Its weight returns by ramp.',
      };
    case 'extend':
      return {
        title: `Extend order ${wish.order.id}`,
        about: 'It then ends so long from now. Nothing else changes.',
        act: `Extend to ${DURATIONS[form.duration] ?? form.duration} from now`,
        done: 'Extended.',
      };
    case 'cancel': {
      const { kind, covers, service } = wish.order;
      const what = covers === null || covers === 'service' ? service : covers;
      const verb = { drain: 'Undrain', pin: 'Unpin', freeze: 'Unfreeze' }[kind];
      return {
        title: `${verb} ${what}`,
        about:
          kind === 'freeze'
            ? 'Automation goes on at once.'
            : 'Weight does not jump back: it returns by health, hold-down and ramp.',
        act: `${verb} ${what}`,
        done:
          kind === 'freeze'
            ? 'Automation is on again.'
            : 'The order is over. Weight returns by health, hold-down and ramp; you can watch it here.',
      };
    }
    case 'give':
      return givenWords(wish.order, form);
  }
}

function givenWords(kind: OrderShown['kind'], form: Form): DialogWords {
  const what =
    form.service === EVERY_SERVICE
      ? form.region === ''
        ? 'every service'
        : `${form.region} everywhere`
      : form.endpoint === '' || kind === 'freeze'
        ? form.service
        : `${form.endpoint} of ${form.service}`;
  const how = DURATIONS[form.duration] ?? form.duration;
  switch (kind) {
    case 'drain':
      return {
        title: `Drain ${what}`,
        about: 'Takes its weight out of DNS, whatever its health. It ends by itself.',
        act: `Drain ${what} for ${how}`,
        done: 'Drained. Clients follow as their DNS answers run out.',
      };
    case 'pin':
      return {
        title: `Pin ${what}`,
        about: 'Holds an explicit weight, whatever its health. It ends by itself.',
        act: `Pin ${what} at ${form.weight} for ${how}`,
        done: 'Pinned. Clients follow as their DNS answers run out.',
      };
    case 'freeze':
      return {
        title: `Freeze ${what}`,
        about: 'DNS stays as it is: automation changes nothing, not even when an endpoint fails.',
        act: `Freeze ${what} for ${how}`,
        done: 'Frozen. Automation changes nothing until it ends.',
      };
  }
}
