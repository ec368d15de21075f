// place: packages/controller-core/src rule: no-restricted-globals
export const offence = (): number => Date.now();
