/** A durable id in one form: the APIs return ids of custom objects with 15 or 18 characters. */
export function shortId(id: string): string {
  return /^01I\w{15}$/.test(id) ? id.slice(0, 15) : id;
}
