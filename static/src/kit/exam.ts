/** How an examination is named wherever a case is spoken of. */
export interface Exam {
	readonly modality: string;
	readonly study_description: string;
}

/** `CT 胸部平扫`; a description that names the modality itself stands alone. */
export function examName({ modality, study_description }: Exam): string {
	const described = study_description.trim();
	return described.includes(modality) ? described : `${modality} ${described}`.trim();
}
