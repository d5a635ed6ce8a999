import * as keyward from 'keyward';
import * as express from 'keyward/express';
import * as fastify from 'keyward/fastify';
import * as forFetch from 'keyward/fetch';
import * as management from 'keyward/management';
import { checkConnect, checkEverywhere } from './checks.mjs';

const { env } = process;
const { key } = await checkEverywhere({ ...keyward, ...forFetch, ...management }, env);
await checkConnect(express, { Keyward: keyward.Keyward, secret: env.SMOKE_SECRET, key });
if (typeof fastify.keywardPlugin !== 'function') throw new Error('no plugin for Fastify');
const own = express.keywardMiddleware({ secret: env.SMOKE_SECRET });
if (typeof own !== 'function') throw new Error('no middleware');
process.stdout.write(`good ${key}\n`);
