/** Hanging protocols at the server, between its words and ours. */
import { answer, api, ifMatch } from "../../api/client.ts";
import { asProblem } from "../../api/problem.ts";
import type { components } from "../../api/schema.gen.ts";
import type { Kept, ProtocolServer } from "./hanging.ts";
import type { Protocol, SeriesRule, Stage } from "./protocol.ts";

type ProtocolOut = components["schemas"]["ProtocolOut"];
type Content = components["schemas"]["HangingContent"];

export function protocolFrom(wire: ProtocolOut): Protocol {
	const { use, stages } = wire.content;
	return {
		id: wire.protocol_id,
		version: wire.version,
		name: wire.name,
		origin: wire.shared ? "shared" : "own",
		position: wire.position,
		canChange: wire.can_change,
		use: {
			modalities: use.modalities,
			regions: use.regions,
			words: use.words,
			priorsMin: use.priors_min,
			seriesMin: use.series_min,
		},
		stages,
	};
}

function ruleTo(rule: SeriesRule): Content["stages"][number]["panes"][number]["series"] {
	return { ...rule, words: [...rule.words], without: [...rule.without] };
}

function stageTo(stage: Stage): Content["stages"][number] {
	const panes = stage.panes.map((one) => ({ ...one, series: ruleTo(one.series) }));
	return { ...stage, panes };
}

export function contentOf({ use, stages }: Pick<Protocol, "use" | "stages">): Content {
	return {
		schema_version: 1,
		use: {
			modalities: [...use.modalities],
			regions: [...use.regions],
			words: [...use.words],
			priors_min: use.priorsMin,
			series_min: use.seriesMin,
		},
		stages: stages.map(stageTo),
	};
}

async function kept(call: Promise<{ data?: { version: number }; response: Response }>): Promise<Kept> {
	try {
		return { kind: "kept", version: (await answer(call)).version };
	} catch (error) {
		return { kind: "refused", why: asProblem(error).sentence };
	}
}

const ONE = "/api/hanging-protocols/{protocol_id}";

export const serverProtocols: ProtocolServer = {
	list: async () => {
		const { rows, can_share } = await answer(api.GET("/api/hanging-protocols"));
		return { protocols: rows.map(protocolFrom), canShare: can_share };
	},
	keep: (protocol) =>
		kept(
			api.PUT(ONE, {
				params: { path: { protocol_id: protocol.id }, header: ifMatch(protocol.version) },
				body: {
					name: protocol.name,
					shared: protocol.origin === "shared",
					position: protocol.position,
					content: contentOf(protocol),
				},
			}),
		),
	remove: (protocol) =>
		kept(
			api.DELETE(ONE, {
				params: { path: { protocol_id: protocol.id }, header: ifMatch(protocol.version) },
			}),
		),
};
