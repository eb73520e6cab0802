import type { Store, StoreReader } from '../../store/store.ts';

const SETTING = 'address';

/** Keeps the https address of the control plane, for the settings of servers. */
export async function saveAddress(store: Store, address: string): Promise<void> {
  await store.transaction((tx) => tx.settings.save(SETTING, address));
}

/** The address at the last start; undefined before the first. */
export function lastAddress(read: Pick<StoreReader, 'settings'>): Promise<string | undefined> {
  return read.settings.get(SETTING);
}
