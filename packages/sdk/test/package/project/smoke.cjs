const keyward = require('keyward');
const express = require('keyward/express');
const fastify = require('keyward/fastify');
const forFetch = require('keyward/fetch');
const management = require('keyward/management');

async function main() {
  const { checkConnect, checkEverywhere } = await import('./checks.mjs');
  const { env } = process;
  const { key } = await checkEverywhere({ ...keyward, ...forFetch, ...management }, env);
  await checkConnect(express, { Keyward: keyward.Keyward, secret: env.SMOKE_SECRET, key });
  if (typeof fastify.keywardPlugin !== 'function') throw new Error('no plugin for Fastify');
  process.stdout.write(`good ${key}\n`);
}

main();
