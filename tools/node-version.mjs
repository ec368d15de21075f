// The oldest Node this project runs on. Read before anything else, so this file uses only what old versions understand.

const OLDEST = [20, 19];

/** Says why this Node is too old, or undefined when it will do. */
export function whyNodeIsTooOld(version = process.versions.node, execPath = process.execPath) {
  const parts = version.split('.').map(Number);
  const newEnough = parts[0] > OLDEST[0] || (parts[0] === OLDEST[0] && parts[1] >= OLDEST[1]);
  if (newEnough) return undefined;
  return `Quorate needs Node ${OLDEST.join('.')} or newer; this is Node ${version} (${execPath}). Install a newer one and try again.`;
}
