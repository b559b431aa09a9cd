/** Dependency graphs, as "node → the nodes it depends on". */

export type Graph = ReadonlyMap<string, readonly string[]>;

/** The nodes of one cycle, in order, or null when there is none. Iterative: 500 nodes in a row don't overflow. */
export function findCycle(graph: Graph): string[] | null {
  const done = new Set<string>();
  for (const root of graph.keys()) {
    if (done.has(root)) continue;
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { node: string; next: number }[] = [{ node: root, next: 0 }];
    path.push(root);
    onPath.add(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (!top) break;
      const child = (graph.get(top.node) ?? [])[top.next++];
      if (child === undefined) {
        stack.pop();
        path.pop();
        onPath.delete(top.node);
        done.add(top.node);
      } else if (onPath.has(child)) {
        return path.slice(path.indexOf(child));
      } else if (!done.has(child) && graph.has(child)) {
        stack.push({ node: child, next: 0 });
        path.push(child);
        onPath.add(child);
      }
    }
  }
  return null;
}

/** "node → the nodes that depend on it": the same graph with its arrows turned. */
export function dependentsOf(graph: Graph): Map<string, string[]> {
  const turned = new Map<string, string[]>([...graph.keys()].map((k) => [k, []]));
  for (const [node, deps] of graph) {
    for (const dep of deps) turned.get(dep)?.push(node);
  }
  return turned;
}
