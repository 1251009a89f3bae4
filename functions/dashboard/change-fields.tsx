/** The fields of a change: on what, for how long, why. What the wish already says is not asked again. */
import type { ServiceShown } from '../../shared/api/status.ts';
import type { Wish } from './change-context.ts';
import { DURATIONS, EVERY_SERVICE, endpointsOf, type Form, regionsOf } from './change-form.ts';
import { Choice } from './charts.tsx';

type Props = {
  readonly wish: Wish;
  readonly form: Form;
  readonly services: readonly ServiceShown[];
  readonly change: (fields: Partial<Form>) => void;
};

const REASON_MAX = 400;

export function ChangeFields({ wish, form, services, change }: Props) {
  return (
    <div class="fields stacked">
      {wish.kind === 'give' ? <ScopeFields {...{ wish, form, services, change }} /> : null}
      {wish.kind === 'give' && wish.order === 'pin' ? (
        <label class="field">
          <span>weight, 0 to 255</span>
          <input
            type="number"
            min="0"
            max="255"
            required
            value={form.weight}
            onInput={(event) => change({ weight: event.currentTarget.value })}
          />
        </label>
      ) : null}
      {wish.kind === 'give' || wish.kind === 'extend' ? (
        <Choice
          label={wish.kind === 'extend' ? 'ends, from now, in' : 'for'}
          value={form.duration}
          values={Object.keys(DURATIONS)}
          words={DURATIONS}
          onChange={(duration) => change({ duration })}
        />
      ) : null}
      <label class="field">
        <span>why (recorded beside who you are)</span>
        <input
          type="text"
          required
          autofocus
          maxLength={REASON_MAX}
          autocomplete="off"
          placeholder={wish.kind === 'cancel' ? 'as: deploy 4712 is fine' : 'as: bad deploy 4711'}
          value={form.reason}
          onInput={(event) => change({ reason: event.currentTarget.value })}
        />
      </label>
      {wish.kind === 'give' && wish.order !== 'freeze' ? (
        <Choice
          label="when it ends"
          value={form.afterwards}
          values={['auto', 'approve']}
          words={{ auto: 'weight returns by health', approve: 'wait until somebody approves' }}
          onChange={(value) => change({ afterwards: value === 'approve' ? 'approve' : 'auto' })}
        />
      ) : null}
    </div>
  );
}

function ScopeFields({ wish, form, services, change }: Props) {
  if (wish.kind !== 'give' || wish.endpoint !== null) return null;
  const enforced = services.filter(({ mode }) => mode === 'enforce');
  const regions = regionsOf(enforced);
  const isFreeze = wish.order === 'freeze';
  // A pin names one endpoint: one weight for a whole region of every service says nothing.
  const wide = wish.order === 'pin' ? [] : [EVERY_SERVICE];
  const choose = (service: string): void =>
    change({
      service,
      endpoint: isFreeze ? '' : (endpointsOf(enforced, service)[0] ?? ''),
      region: isFreeze || service !== EVERY_SERVICE ? '' : (regions[0] ?? ''),
    });
  return (
    <>
      <Choice
        label="service"
        value={form.service}
        values={[...wide, ...enforced.map(({ service }) => service)]}
        words={{ [EVERY_SERVICE]: `every service (${enforced.length})` }}
        onChange={choose}
      />
      {isFreeze ? null : form.service === EVERY_SERVICE ? (
        <Choice
          label="region"
          value={form.region}
          values={regions}
          onChange={(region) => change({ region })}
        />
      ) : (
        <Choice
          label="endpoint"
          value={form.endpoint}
          values={endpointsOf(enforced, form.service)}
          onChange={(endpoint) => change({ endpoint })}
        />
      )}
    </>
  );
}
