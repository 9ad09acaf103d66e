/** Forms and fields for tests, with keyword defaults. */
import { type Section, sectionField, TEMPLATE, type Template } from "../../../static/src/reports/model.ts";

export type Fields = Readonly<Record<string, string>>;

export function aSection(key: string, changes: Partial<Section> = {}): Section {
	const label = { zh: `段${key}`, en: `Part ${key}` };
	return { key, label, fields: [], required: false, normal_text: "", ...changes };
}

export function aTemplate(
	id: string,
	sections: readonly Section[],
	changes: Partial<Template> = {},
): Template {
	return {
		id,
		name: { zh: `模板${id}`, en: `Form ${id}` },
		body_parts: [],
		code: { system: "", value: "" },
		modalities: [],
		scope: "national",
		service_line: "imaging",
		status: "approved",
		version: 1,
		sections: [...sections],
		phrases: [],
		...changes,
	};
}

/** A chest form: findings and impression are required, three parts have a normal text. */
export const CHEST = aTemplate("ct_chest", [
	aSection("technique", { normal_text: "胸部CT平扫" }),
	aSection("findings", { required: true, normal_text: "双肺纹理清晰。" }),
	aSection("pleura", { normal_text: "未见胸腔积液。" }),
	aSection("impression", { required: true, normal_text: "胸部CT平扫未见异常。" }),
	aSection("recommendation"),
]);

export const ABDOMEN = aTemplate("ct_abdomen", [
	aSection("findings", { required: true, normal_text: "肝脾大小正常。" }),
	aSection("impression", { required: true, normal_text: "腹部CT未见异常。" }),
]);

export function written(texts: Readonly<Record<string, string>>, more: Fields = {}): Fields {
	const sections = Object.entries(texts).map(([key, text]) => [sectionField(key), text]);
	return { [TEMPLATE]: CHEST.id, ...Object.fromEntries(sections), ...more };
}
