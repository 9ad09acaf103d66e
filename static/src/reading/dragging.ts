/** What a thumbnail that is dragged carries: the series' UID under a type of our own. */
export const SERIES_DRAG = "application/x-lianzhen-series";
