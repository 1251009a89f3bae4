/**
 * Regular expression text → a matcher that runs in linear time (RE2), or the reason why it is none. A body
 * is hostile input: with backtracking, one answer could stall a vantage and silence its votes.
 */
import { RE2JS } from 're2js';
import type { CompilePattern } from '../core/model.ts';

export const compilePattern: CompilePattern = (pattern) => {
  try {
    const compiled = RE2JS.compile(pattern);
    return { matches: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};
