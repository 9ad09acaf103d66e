/** Whether the centre answers, before anybody signs in. */
export type ServiceState = "checking" | "fine" | "down";

export async function measureService(fetchFrom: typeof fetch = fetch): Promise<ServiceState> {
	try {
		const response = await fetchFrom("/health/live", {
			cache: "no-store",
			signal: AbortSignal.timeout(5000),
		});
		return response.ok ? "fine" : "down";
	} catch {
		return "down";
	}
}
