/** An answer that comes when the test says so. */
export function held() {
  let come: (answer: Response) => void = () => undefined
  const answer = new Promise<Response>((go) => (come = go))
  return { answer: () => answer, come: (one: Response) => come(one) }
}
