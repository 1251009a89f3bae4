/** Orders in force or to come: whose, why, how long still, and how to end or extend each. */
import type { OrderShown } from '../../shared/api/parts.ts';
import { useChanges } from './change-context.ts';
import { Badge, Button, Section } from './parts.tsx';
import { moment, personOf, span } from './words.ts';

type Props = { readonly orders: readonly OrderShown[]; readonly now: number };

export function Orders({ orders, now }: Props) {
  return (
    <Section
      id="orders"
      title="Orders"
      about="What operators hold. Each ends by itself; what it covered then returns by its health."
    >
      {orders.length === 0 ? (
        <p class="card empty">No order is in force.</p>
      ) : (
        <ul class="card rows">
          {orders.map((order) => (
            <OrderRow key={`${order.service} ${order.id}`} order={order} now={now} />
          ))}
        </ul>
      )}
    </Section>
  );
}

export const orderWords = (order: OrderShown): string => {
  const { kind, covers, service, weight } = order;
  const on = covers === null ? 'something not in this file' : covers;
  const what = covers === 'service' ? service : `${on} of ${service}`;
  return kind === 'pin' ? `pin ${what} at ${weight}` : `${kind} ${what}`;
};

function OrderRow({ order, now }: { order: OrderShown; now: number }) {
  const open = useChanges();
  const { started, fromAt, untilAt, actor, reason, afterwards, force, id } = order;
  const leftMs = untilAt - now;
  const share = Math.min(100, Math.max(0, (leftMs * 100) / Math.max(1, untilAt - fromAt)));
  return (
    <li class="order">
      <div>
        <p>
          <Badge tone="info">{orderWords(order)}</Badge>{' '}
          {started ? null : <span class="quiet-text">begins {moment(fromAt, now)}</span>}
        </p>
        <p>{reason ?? <span class="quiet-text">its record is not here yet</span>}</p>
        <p class="quiet-text">
          {actor === null ? (
            'by nobody known here'
          ) : (
            <span title={actor}>by {personOf(actor)}</span>
          )}
          {' · '}order {id}
          {afterwards === 'approve' ? ' · then waits for approval' : ''}
          {force.length === 0 ? '' : ` · passes ${force.join(', ')}`}
        </p>
      </div>
      <div class="order-time">
        <p>
          <b>{span(leftMs)}</b> left <span class="quiet-text">until {moment(untilAt, now)}</span>
        </p>
        <div class="bar thin" aria-hidden="true">
          <span class="bar-served" style={{ width: `${share}%` }} />
        </div>
        <div class="row">
          <Button
            label={`Extend order ${id}, ${orderWords(order)}`}
            onClick={() => open({ kind: 'extend', order })}
          >
            Extend…
          </Button>
          <Button
            label={`End order ${id}, ${orderWords(order)}`}
            onClick={() => open({ kind: 'cancel', order })}
          >
            End…
          </Button>
        </div>
      </div>
    </li>
  );
}
