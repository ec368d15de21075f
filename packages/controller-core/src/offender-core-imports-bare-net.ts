// place: packages/controller-core/src rule: no-restricted-imports
import net from 'net';
export const offence = net;
