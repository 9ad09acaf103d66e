/** The Grayscale Standard Display Function (PS3.14 section 7): Barten's model of the eye, both ways. Pure. */

/** Just noticeable differences of the standard: indices 1 to 1023, from 0.05 to about 3993 cd/m². */
export const JND_MIN = 1;
export const JND_MAX = 1023;
export const LUMINANCE_MIN = 0.05;
export const LUMINANCE_MAX = 3993.404;

// PS3.14 7.1: the rational polynomial of ln(j) whose value is log10 of the luminance.
const ABOVE = [-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3];
const BELOW = [1, -2.5840191e-2, -1.0320229e-1, 2.874562e-2, -3.1978977e-3, 1.2992634e-4];
// PS3.14 7.1: the polynomial of log10 of the luminance whose value is the index.
const INVERSE = [
	71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899, -0.017046845,
];

function polynomial(coefficients: readonly number[], x: number): number {
	return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

function within(value: number, low: number, high: number): number {
	return Math.min(Math.max(value, low), high);
}

/** Luminance in cd/m² of a JND index; indices beyond the standard's are taken for its ends. */
export function luminanceOfJnd(jnd: number): number {
	const x = Math.log(within(jnd, JND_MIN, JND_MAX));
	return 10 ** (polynomial(ABOVE, x) / polynomial(BELOW, x));
}

/** The JND index of a luminance in cd/m², which need not be whole; taken for the ends beyond them. */
export function jndOfLuminance(candelas: number): number {
	const x = Math.log10(within(candelas, LUMINANCE_MIN, LUMINANCE_MAX));
	return within(polynomial(INVERSE, x), JND_MIN, JND_MAX);
}
