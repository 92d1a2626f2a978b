import { z } from 'zod';

/**
 * zod would write a function for each object schema when it first parses. That pays after thousands of requests, and costs
 * each cold start more than ten milliseconds, so schemas are interpreted. It holds for those that are made later.
 */
z.config({ jitless: true });
