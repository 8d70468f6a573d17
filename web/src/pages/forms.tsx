import type { Page } from "../page";
export const formPages: Page[] = [];
