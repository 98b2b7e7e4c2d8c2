// Package prisma proves that the web application's Prisma client works on axisor's schema unchanged. The
// proof is behind the build tag interop, because it needs Node.js and packages from the npm registry;
// `make interop` runs it. prisma_schema.sql, which Prisma generates from schema.prisma, is also compared
// with the migrations by the ordinary tests of pkg/migrate.
package prisma
