/** Messages of one volume: a list of places is read and written whole, two bytes each. */
export const VOLUME_MESSAGES = 4_096;
const PLACE_BYTES = 2;

export const volumeOf = (id: number) => Math.floor((id - 1) / VOLUME_MESSAGES);
export const placeOf = (id: number) => (id - 1) % VOLUME_MESSAGES;
export const idOf = (volume: number, place: number) => volume * VOLUME_MESSAGES + place + 1;

export function packPlaces(places: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(places.length * PLACE_BYTES));
  places.forEach((place, i) => view.setUint16(i * PLACE_BYTES, place));
  return new Uint8Array(view.buffer);
}

export function unpackPlaces(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from(
    { length: bytes.byteLength / PLACE_BYTES },
    (_, i) => view.getUint16(i * PLACE_BYTES),
  );
}
