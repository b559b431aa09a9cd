/** How large data is when it travels: the UTF-8 bytes of its JSON, never counted too low. */
export function jsonBytes(data: unknown): number {
  const text = JSON.stringify(data);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return bytes;
}
