/** What operators asked for and were answered, and who told people of it. */
import type { Scenario } from '../scenario.ts';
import type { SimWorld } from '../world/world.ts';
import type { MarkerPart, Meet } from './markers.ts';

export function operatorMarkers(_: SimWorld, __: Scenario, meet: Meet): MarkerPart {
  /** Service → the generation that a freeze took. */
  const frozenAt = new Map<string, number>();
  const writers = new Map<string, string>();

  return {
    look: (event) => {
      switch (event.kind) {
        case 'order-answered': {
          const { answer, operation, service } = event.answer;
          if (answer.kind === 'refused') {
            if (answer.sentence.includes('would be 0') || answer.sentence.includes('no weight')) {
              meet('order-refused-as-it-would-leave-nothing');
            }
            if (answer.sentence.includes('4000')) meet('fence-near-its-size-limit');
            return;
          }
          if (answer.kind !== 'committed') return;
          if (answer.trouble !== null) meet('order-committed-while-blind');
          switch (operation.kind) {
            case 'adopt':
            case 'reassert':
              meet(operation.kind);
              return;
            case 'apply':
              if (/brought in|comes in/.test(answer.sentence)) meet('pending-brought-in');
              return;
            case 'retire':
              meet('orphan-retired');
              return;
            case 'order':
              if (operation.order.kind === 'freeze') frozenAt.set(service.id, answer.generation);
              return;
            default:
              return;
          }
        }
        case 'batch-arrived': {
          const { batch, answer } = event;
          if (answer !== 'refused' || batch.from.name !== 'quorum') return;
          const [, service = '', generation = ''] =
            /^quorate (\S+) (\d+)$/.exec(batch.comment) ?? [];
          if (frozenAt.get(service) === Number(generation)) meet('freeze-between-read-and-write');
          return;
        }
        case 'record-written':
          writers.set(`${event.record.service} ${event.record.nonce}`, event.by.region);
          return;
        case 'mark-written': {
          const { mark, by } = event;
          if (mark.kind !== 'delivered') return;
          const writer = writers.get(`${mark.service} ${mark.nonce}`);
          if (writer !== undefined && writer !== by.region) meet('delivery-taken-over');
          return;
        }
        default:
      }
    },
  };
}
