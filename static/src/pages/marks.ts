/** Waiting for a User Timing mark that a workspace sets, such as its first painted image. */

/** Resolves when one of the marks is set, or after `patienceMs` without any. */
export function markSeen(names: readonly string[], patienceMs: number): Promise<void> {
	return new Promise((resolve) => {
		const observer = new PerformanceObserver((list) => {
			if (list.getEntries().some((entry) => names.includes(entry.name))) finish();
		});
		const timer = setTimeout(finish, patienceMs);
		function finish(): void {
			observer.disconnect();
			clearTimeout(timer);
			resolve();
		}
		observer.observe({ type: "mark", buffered: true });
	});
}
