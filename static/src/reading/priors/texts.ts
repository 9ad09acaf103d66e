/** The words of the strip of earlier studies. */
import { defineTexts } from "../../kit/i18n.ts";

export const priorTexts = defineTexts({
	zh: {
		strip: "既往检查",
		prior: "既往",
		loading: "正在查既往检查",
		none: "没有查到既往检查",
		failed: "既往检查没有查到，影像不受影响",
		retry: "再查一次",
		notOpened: "未载入",
		opening: "正在打开",
		refused: "打不开",
		openIt: "打开既往 {study}，放在旁边",
		hideIt: "收起既往 {study}",
		images: "{count} 幅",
		reported: "有报告",
		relevant: "相关",
	},
	en: {
		strip: "Prior studies",
		prior: "Prior",
		loading: "Looking for prior studies",
		none: "No prior studies found",
		failed: "Prior studies could not be looked up; the images are not affected",
		retry: "Look again",
		notOpened: "not loaded",
		opening: "opening",
		refused: "cannot be opened",
		openIt: "Open the prior study {study} beside",
		hideIt: "Close the prior study {study}",
		images: "{count} images",
		reported: "report",
		relevant: "relevant",
	},
});
