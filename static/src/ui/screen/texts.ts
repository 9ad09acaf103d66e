/** Texts of measuring a screen with a bank card. */
import { defineTexts } from "../../kit/i18n.ts";

export const texts = defineTexts({
	zh: {
		title: "用一张银行卡校准屏幕",
		helpLong: "把银行卡或身份证的长边（85.60 毫米）横着贴在屏幕上，拖动右边，让框与卡同宽。",
		helpShort: "把银行卡或身份证的短边（53.98 毫米）横着贴在屏幕上，拖动右边，让框与卡同宽。",
		keys: "方向键移动 1 个像素，按住 Shift 移动 10 个。",
		handleLeft: "卡的左边",
		handleRight: "卡的右边",
		value: "{mm} 毫米为 {px} 像素",
		keep: "保存校准",
		refused: "这个宽度不可能是一张卡，请再量一次",
	},
	en: {
		title: "Calibrate the screen with a bank card",
		helpLong:
			"Hold the long edge (85.60 mm) of a bank or identity card to the screen and drag the right side until the frame is as wide as the card.",
		helpShort:
			"Hold the short edge (53.98 mm) of a bank or identity card to the screen and drag the right side until the frame is as wide as the card.",
		keys: "Arrow keys move by one pixel, with Shift by ten.",
		handleLeft: "Left side of the card",
		handleRight: "Right side of the card",
		value: "{mm} mm are {px} pixels",
		keep: "Keep calibration",
		refused: "No card can be that wide; please measure again",
	},
});
