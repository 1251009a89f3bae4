/** The page: what is fetched, which part is shown, and the one dialog. */
import { Component, type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IncidentsDocument } from '../../shared/api/incidents.ts';
import type { OverridesDocument } from '../../shared/api/overrides.ts';
import type { OrderShown } from '../../shared/api/parts.ts';
import type { SloDocument } from '../../shared/api/slo.ts';
import type { ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import { ChangeContext, type Wish } from './change-context.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { answersOf, Faults, type WorldSeen } from './faults.tsx';
import { Header, Summary } from './header.tsx';
import { Incidents } from './incidents.tsx';
import { changesBetween } from './judge.ts';
import { Orders } from './orders.tsx';
import { Services, Vantages } from './overview.tsx';
import { Sentence } from './parts.tsx';
import { useResource } from './resource.ts';
import { ServicePage } from './service-page.tsx';
import { ErrorBudgets } from './slo.tsx';

const EVERY_MS = {
  status: 2_500,
  world: 2_000,
  orders: 6_000,
  incidents: 8_000,
  slo: 60_000,
} as const;

export function App() {
  const seen = useResource<StatusDocument>('/v1/status', EVERY_MS.status);
  const orders = useResource<OverridesDocument>('/v1/overrides', EVERY_MS.orders);
  const incidents = useResource<IncidentsDocument>('/v1/incidents', EVERY_MS.incidents);
  const slo = useResource<SloDocument>('/v1/slo', EVERY_MS.slo);
  const world = useWorld();
  const route = useRoute();
  const [wish, setWish] = useState<Wish | null>(null);
  const opener = useRef<Element | null>(null);

  const open = (wanted: Wish): void => {
    opener.current = document.activeElement;
    setWish(wanted);
  };
  const close = (): void => {
    setWish(null);
    // The button may have gone with what it did: then reading goes on at the top of the page's matter.
    const before = opener.current;
    const target = before?.isConnected ? before : document.querySelector('main');
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  };

  const { data } = seen;
  const status = data === null ? null : withOrders(data, orders.data);
  // The server's time, so that a wrong clock of this machine misleads nobody.
  const now = status?.at ?? 0;
  const answered = answersOf(world);
  return (
    <ChangeContext.Provider value={open}>
      <button type="button" class="skip" onClick={skip}>
        To the services
      </button>
      <Header seen={seen} />
      <main id="main" tabIndex={-1}>
        {status === null ? (
          <p class="card empty">Asking the regions…</p>
        ) : route === null ? (
          <>
            <Summary status={status} now={now} isLocal={world !== null} />
            <Services {...{ status, now, answered }} />
            <Orders orders={ordersOf(status)} now={now} />
            {world === null ? null : <Faults world={world} />}
            <Incidents seen={incidents} now={now} />
            <ErrorBudgets document={slo.data} />
            <Vantages status={status} />
          </>
        ) : (
          <ServicePage
            key={route}
            id={route}
            {...{ status, now, incidents }}
            answered={answered.get(route) ?? null}
            slo={slo.data}
          />
        )}
      </main>
      <footer class="bottom quiet-text">
        All times are UTC. The same on the command line: <code>quorate status</code>
      </footer>
      {status === null ? null : <Announcer status={status} />}
      {wish === null ? null : (
        <ChangeDialog wish={wish} services={status?.services ?? []} onClose={close} />
      )}
    </ChangeContext.Provider>
  );
}

/** A link with a hash would be taken for a route. */
function skip(): void {
  document.querySelector<HTMLElement>('main')?.focus();
}

/** Who gave an order and why stands in its record, which `/v1/overrides` has read and the status may not. */
function withOrders(status: StatusDocument, known: OverridesDocument | null): StatusDocument {
  const told = new Map((known?.overrides ?? []).map((one) => [`${one.service} ${one.id}`, one]));
  const filled = (order: OrderShown): OrderShown => {
    const other = told.get(`${order.service} ${order.id}`);
    return {
      ...order,
      actor: order.actor ?? other?.actor ?? null,
      reason: order.reason ?? other?.reason ?? null,
    };
  };
  const services = status.services.map(
    (service): ServiceShown => ({ ...service, orders: service.orders.map(filled) }),
  );
  return { ...status, services };
}

const ordersOf = (status: StatusDocument): readonly OrderShown[] =>
  status.services.flatMap(({ orders }) => orders);

/** Null where there is no local world: asked once, and again only while there is one. */
function useWorld(): WorldSeen | null {
  const [isGone, setGone] = useState(false);
  const { data, failure } = useResource<WorldSeen>(isGone ? null : '/world', EVERY_MS.world);
  useEffect(() => {
    if (data === null && failure !== null && failure.status >= 400) setGone(true);
  }, [data, failure]);
  return isGone ? null : data;
}

function useRoute(): string | null {
  const read = (): string | null => {
    const match = /^#\/service\/(.+)$/.exec(location.hash);
    try {
      return match?.[1] === undefined ? null : decodeURIComponent(match[1]);
    } catch {
      return null;
    }
  };
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = (): void => {
      setRoute(read());
      scrollTo(0, 0);
      document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => {
    document.title = route === null ? 'Quorate' : `${route} · Quorate`;
  }, [route]);
  return route;
}

/** Tells screen readers what moved, once; the page itself shows it. */
function Announcer({ status }: { status: StatusDocument }) {
  const before = useRef(status);
  const [said, setSaid] = useState('');
  useEffect(() => {
    const changes = changesBetween(before.current, status);
    before.current = status;
    if (changes.length > 0) setSaid(changes.join('. '));
  }, [status]);
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}

type BoundaryState = { readonly error: Error | null };

/** A bug of the page must not look like a quiet night. */
export class Boundary extends Component<{ children?: ComponentChildren }, BoundaryState> {
  override state: BoundaryState = { error: null };
  static override getDerivedStateFromError(error: Error): BoundaryState {
    return { error };
  }
  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main class="notice bad">
        <strong>This page met a bug and stopped.</strong>
        <p>{String(error.message)}</p>
        <p>
          DNS goes on without it. <Sentence text="Load it again, or run `quorate status`." />
        </p>
      </main>
    );
  }
}
