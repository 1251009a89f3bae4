/** What an operator may ask for on this page, and how any part of it opens the dialog that does it. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { OrderShown } from '../../shared/api/parts.ts';

export type Wish =
  | {
      readonly kind: 'give';
      readonly order: OrderShown['kind'];
      /** All null: the form asks. */
      readonly service: string | null;
      readonly endpoint: string | null;
      readonly region: string | null;
    }
  | { readonly kind: 'cancel' | 'extend'; readonly order: OrderShown }
  | { readonly kind: 'approve'; readonly service: string; readonly endpoint: string };

export const ChangeContext = createContext<(wish: Wish) => void>(() => undefined);
export const useChanges = (): ((wish: Wish) => void) => useContext(ChangeContext);
