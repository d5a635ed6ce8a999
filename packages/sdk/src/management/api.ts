/** Printed from the contract by `scripts/print-reference.ts`; change it there. */
export interface components {
    schemas: {
        CappedPagination: {
            total: number;
            page: number;
            limit: number;
            pages: number;
            /** @description false: there are more than `total`; counting ends at 10,000, with `name` or `unusedSince` at 1,000. */
            isTotalExact: boolean;
        };
        Client: {
            /** @description A UUID; opaque. */
            id: string;
            name: string;
            type: components["schemas"]["ClientType"];
            status: components["schemas"]["ClientStatus"];
            source: {
                /** @enum {string} */
                kind: "api" | "sdk";
            };
            ipWhitelist: string[];
            metadata: {
                [key: string]: unknown;
            };
            templateId: string | null;
            /** @description A UUID; opaque. */
            envId: string;
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
            keys: components["schemas"]["Key"][];
            /** @description It was made for one key alone, and is listed only when it is asked for. */
            hidden: boolean;
            stats: {
                total: number;
                success: number;
                error: number;
                avgDurationMs: number;
            };
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        ClientChange: {
            name?: string;
            templateId?: string | null;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            ipWhitelist?: string[];
            metadata?: {
                [key: string]: unknown;
            };
            /** @enum {string} */
            status?: "active" | "disabled";
            keys?: components["schemas"]["KeyChange"][];
        };
        /** @enum {string} */
        ClientStatus: "active" | "disabled";
        /** @enum {string} */
        ClientType: "person" | "company" | "service" | "device" | "internal";
        EnvSummary: {
            /** @description A UUID; opaque. */
            id: string;
            project_env: string;
            type: string;
            url: string | null;
            /** @description Rises with every change that validators hear of. */
            version: number;
            /** @enum {string} */
            status: "active" | "disabled";
            metadata: {
                [key: string]: unknown;
            };
            templates: {
                count: number;
                list: components["schemas"]["Template"][];
            };
            clients: {
                count: number;
                max: number | null;
            };
            endpoints: {
                count: number;
                max: number | null;
            };
            rateLimits: {
                hour: {
                    count: number;
                    max: number | null;
                };
                day: {
                    count: number;
                    max: number | null;
                };
                week: {
                    count: number;
                    max: number | null;
                };
                month: {
                    count: number;
                    max: number | null;
                };
            };
            /** @description The first server key; in the answer that creates the environment only. */
            serverKey?: string;
            /** @description The first signing secret; in the answer that creates it only. */
            signingSecret?: string;
        };
        EnvironmentItem: {
            /** @description For example `production`; `project_env` is `{slug}-{type}`. */
            type: string;
            url?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            /**
             * @description Every request to a `disabled` one is refused.
             * @enum {string}
             */
            status?: "active" | "disabled";
            templates?: components["schemas"]["NewTemplate"][];
            /** @description Its keys stop at once; its clients and logs are erased. */
            delete?: boolean;
            /** @description Needed while it has active clients. */
            forceDelete?: boolean;
        };
        Erased: {
            /** @constant */
            success: true;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
            /** @description The receipt of what is erased elsewhere: `GET /erasure/{id}`. */
            erasureId?: string;
        };
        Key: {
            /** @description A UUID; opaque. */
            id: string;
            name: string;
            /** @description What every key of this kind begins with. */
            prefix: string;
            /** @description The first characters of this key, to recognise it by. */
            keyPrefix: string;
            scopes: string[];
            /** @description The `project_env` that the key belongs to. */
            environment: string;
            enabled: boolean;
            status: components["schemas"]["KeyStatus"];
            /** @description Requests with it and with those that it was rotated from, refused ones included. */
            requestCount: number;
            /** @description How many of them were allowed and tracked since it is registered, as far as they are counted. */
            useCount: number;
            lastUsedAt: string | null;
            expiresAt: string | null;
            notBefore: string | null;
            autoRotate: boolean;
            allowedIps: string[];
            rateLimit: components["schemas"]["KeyRateLimit"] | null;
            metadata: {
                [key: string]: unknown;
            };
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
            /** @description The raw key; in the answer that creates it only. */
            key?: string;
            /** @description The same as `key`. */
            rawKey?: string;
        };
        KeyChange: {
            /** @description A UUID; opaque. */
            id?: string;
            name?: string;
            /** @description What the key may do: a scope, all that begins with `read:` (`read:*`), or everything (`*`). */
            scopes?: string[];
            expiresAt?: string | null;
            notBefore?: string | null;
            autoRotate?: boolean;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            allowedIps?: string[];
            rateLimit?: components["schemas"]["KeyRateLimit"] | null;
            metadata?: {
                [key: string]: unknown;
            };
            enabled?: boolean;
            /** @enum {string} */
            status?: "active" | "revoked" | "disabled";
        };
        KeyRateLimit: {
            requests: number;
            /** @enum {string} */
            window: "second" | "minute" | "hour" | "day";
        };
        /**
         * @description Where the key is known: in its environment, in all of its project, or in all of the organization.
         * @enum {string}
         */
        KeyReach: "environment" | "project" | "organization";
        /** @enum {string} */
        KeyStatus: "active" | "expired" | "revoked" | "disabled";
        ManagedKey: {
            /** @description A UUID; opaque. */
            id: string;
            name: string;
            /** @description What every key of this kind begins with. */
            prefix: string;
            /** @description The first characters of this key, to recognise it by. */
            keyPrefix: string;
            scopes: string[];
            /** @description The `project_env` that the key belongs to. */
            environment: string;
            enabled: boolean;
            status: components["schemas"]["KeyStatus"];
            /** @description Requests with it and with those that it was rotated from, refused ones included. */
            requestCount: number;
            /** @description How many of them were allowed and tracked since it is registered, as far as they are counted. */
            useCount: number;
            lastUsedAt: string | null;
            expiresAt: string | null;
            notBefore: string | null;
            autoRotate: boolean;
            allowedIps: string[];
            rateLimit: components["schemas"]["KeyRateLimit"] | null;
            metadata: {
                [key: string]: unknown;
            };
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
            /** @description The raw key; in the answer that creates it only. */
            key?: string;
            /** @description The same as `key`. */
            rawKey?: string;
            /** @description A UUID; opaque. */
            clientId: string;
            productId: string | null;
            reach: components["schemas"]["KeyReach"];
            /** @description The first of the keys that rotate into each other; they share their totals. */
            familyId: string;
            predecessorId: string | null;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        ManagedKeyChange: {
            name?: string;
            /** @description What the key may do: a scope, all that begins with `read:` (`read:*`), or everything (`*`). */
            scopes?: string[];
            expiresAt?: string | null;
            notBefore?: string | null;
            autoRotate?: boolean;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            allowedIps?: string[];
            rateLimit?: components["schemas"]["KeyRateLimit"] | null;
            metadata?: {
                [key: string]: unknown;
            };
            enabled?: boolean;
            productId?: string | null;
        };
        NewClient: {
            name: string;
            /** @enum {string} */
            type?: "person" | "company" | "service" | "device" | "internal";
            templateId?: string | null;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            ipWhitelist?: string[];
            metadata?: {
                [key: string]: unknown;
            };
            keys?: components["schemas"]["NewClientKey"][];
        };
        NewClientKey: {
            name: string;
            /** @description What the key may do: a scope, all that begins with `read:` (`read:*`), or everything (`*`). */
            scopes?: string[];
            expiresAt?: string | null;
            notBefore?: string | null;
            autoRotate?: boolean;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            allowedIps?: string[];
            rateLimit?: components["schemas"]["KeyRateLimit"] | null;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description The key is there already, signed by an SDK: SHA-256 of its canonical form, hex. None is made then. */
            sha256?: string;
            /** @description With `sha256`: the id that the key states. */
            claimedId?: string;
        };
        NewEnvironment: {
            /** @description For example `production`; `project_env` is `{slug}-{type}`. */
            type: string;
            url?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            /**
             * @description Every request to a `disabled` one is refused.
             * @enum {string}
             */
            status?: "active" | "disabled";
            templates?: components["schemas"]["NewTemplate"][];
        };
        NewManagedKey: {
            name: string;
            /** @description Without it the key gets a client of its own. */
            clientId?: string;
            productId?: string | null;
            /**
             * @description Where the key is known: in its environment, in all of its project, or in all of the organization.
             * @enum {string}
             */
            reach?: "environment" | "project" | "organization";
            /** @description What the key may do: a scope, all that begins with `read:` (`read:*`), or everything (`*`). */
            scopes?: string[];
            expiresAt?: string | null;
            notBefore?: string | null;
            autoRotate?: boolean;
            /** @description IPv4, IPv6 or CIDR; empty = no restriction. */
            allowedIps?: string[];
            rateLimit?: components["schemas"]["KeyRateLimit"] | null;
            metadata?: {
                [key: string]: unknown;
            };
        };
        NewOrganization: {
            name: string;
        };
        NewProduct: {
            name: string;
            description?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description All projects that it is to be in. */
            projects?: string[];
        };
        NewProject: {
            slug: string;
            name: string;
            description?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            envs: components["schemas"]["NewEnvironment"][];
        };
        NewTemplate: {
            name: string;
            rateLimitHour?: number | null;
            rateLimitDay?: number | null;
            rateLimitWeek?: number | null;
            rateLimitMonth?: number | null;
            maxClients?: number | null;
        };
        Organization: {
            /** @description A UUID; opaque. */
            id: string;
            /** @description Unique among those that the caller belongs to. */
            name: string;
            /**
             * @description The caller's.
             * @enum {string}
             */
            role: "owner" | "admin" | "developer" | "viewer";
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        OrganizationChange: {
            name?: string;
        };
        Pagination: {
            total: number;
            page: number;
            limit: number;
            pages: number;
        };
        Product: {
            /** @description A UUID; opaque. */
            id: string;
            /** @description Unique in the organization. */
            name: string;
            description: string | null;
            metadata: {
                [key: string]: unknown;
            };
            /** @description Those that it is in, by slug. */
            projects: {
                /** @description A UUID; opaque. */
                id: string;
                slug: string;
            }[];
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
        };
        ProductChange: {
            name?: string;
            description?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description All projects that it is to be in. */
            projects?: string[];
        };
        ProjectChange: {
            name?: string;
            description?: string | null;
            metadata?: {
                [key: string]: unknown;
            };
            singleEnv?: {
                url?: string | null;
                metadata?: {
                    [key: string]: unknown;
                };
                /**
                 * @description Every request to a `disabled` one is refused.
                 * @enum {string}
                 */
                status?: "active" | "disabled";
            };
            /** @description What is not in the list stays as it is. */
            envs?: components["schemas"]["EnvironmentItem"][];
        };
        ProjectRemoval: {
            /** @description A UUID; opaque. */
            envId?: string;
            /** @description A UUID; opaque. */
            templateId?: string;
            /**
             * @description What is to be deleted, where it is not what the other parameters name; without any, a slug names the project and a project_env its environment.
             * @enum {string}
             */
            kind?: "project" | "env" | "template";
            /** @description Needed while active clients are concerned. */
            forceDelete?: boolean;
        };
        ProjectRemoved: {
            /** @constant */
            success: true;
            /** @enum {string} */
            deleted: "project" | "env" | "template";
            /** @description The project's slug, the environment's project_env, or the template's name. */
            slug: string;
            /** @description It was deleted in spite of active clients. */
            forced: boolean;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        ProjectSummary: {
            /** @description A UUID; opaque. */
            id: string;
            slug: string;
            name: string;
            description: string | null;
            metadata: {
                [key: string]: unknown;
            };
            team: {
                /** @description A UUID; opaque. */
                id: string;
                name: string;
                members: {
                    count: number;
                    max: number | null;
                    list: {
                        /** @description A UUID; opaque. */
                        id: string;
                        email: string;
                        role: string;
                    }[];
                };
                credentials: {
                    count: number;
                    list: {
                        /** @description A UUID; opaque. */
                        id: string;
                        name: string;
                        keyPrefix: string;
                        project_env: string;
                    }[];
                };
            };
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            /** @description ISO 8601, UTC, milliseconds. */
            updatedAt: string;
            envs: {
                count: number;
                max: number | null;
                list: components["schemas"]["EnvSummary"][];
            };
            env: components["schemas"]["EnvSummary"] | null;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        Removed: {
            /** @constant */
            success: true;
            /**
             * @description The change is stored, but has not reached the validators yet.
             * @constant
             */
            propagation?: "pending";
        };
        Rotation: {
            /** @description A UUID; opaque. */
            id: string;
            /** @description A UUID; opaque. */
            keyId: string;
            /**
             * @description due: nobody has claimed the successor yet.
             * @enum {string}
             */
            status: "due" | "claimed";
            expiresAt: string | null;
            successorId: string | null;
            /** @description ISO 8601, UTC, milliseconds. */
            createdAt: string;
            claimedAt: string | null;
        };
        Template: {
            /** @description A UUID; opaque. */
            id: string;
            name: string;
            rateLimitHour: number | null;
            rateLimitDay: number | null;
            rateLimitWeek: number | null;
            rateLimitMonth: number | null;
            maxClients: number | null;
        };
        UsageQuery: {
            project_env?: string;
            /** @enum {string} */
            interval?: "hour" | "day";
            /** @description Any of `client`, `key`, `endpoint`, `verdict`, with commas between; none: totals. */
            groupBy?: string;
            /** @description The hour or day (UTC) that it lies in is included as a whole. */
            from?: string;
            /** @description Hours or days that begin from then on are not included. */
            to?: string;
            /** @description A UUID; opaque. */
            clientId?: string;
            /** @description A UUID; opaque. */
            keyId?: string;
            /** @description An endpoint, `GET:/users/{id}`, or a method_path that is of it. */
            endpoint?: string;
            /** @enum {string} */
            code?: "ALLOWED" | "MISSING_KEY" | "INVALID_KEY" | "EXPIRED" | "NOT_YET_VALID" | "SIGNATURE_REQUIRED" | "SIGNATURE_INVALID" | "REVOKED" | "DISABLED" | "CLIENT_DISABLED" | "ENVIRONMENT_DISABLED" | "ENDPOINT_DISABLED" | "ENVIRONMENT_UNKNOWN" | "ENCRYPTION_REQUIRED" | "IP_NOT_ALLOWED" | "INSUFFICIENT_SCOPE" | "RATE_LIMITED" | "ABNORMAL_USAGE" | "REPLAYED" | "STALE_REQUEST";
            /** @default 100 */
            limit?: number;
            /** @description The `nextCursor` of the answer before; the other parameters as there. */
            cursor?: string;
        };
        UsageRow: {
            /** @description ISO 8601, UTC, milliseconds. */
            start: string;
            clientId?: string | null;
            keyId?: string | null;
            endpoint?: string | null;
            code?: string;
            count: number;
            success: number;
            error: number;
            /** @description What admitted requests took of the limits. */
            cost: number;
            avgDurationMs: number;
            /** @description Read from a histogram whose buckets double in width (64 µs, 128 µs, … 1 s): off by less than a factor of two. null: no durations are known. */
            p50Ms: number | null;
            /** @description Read from a histogram whose buckets double in width (64 µs, 128 µs, … 1 s): off by less than a factor of two. null: no durations are known. */
            p99Ms: number | null;
        };
        VerifyBody: {
            /** @description The customer key; without one it is MISSING_KEY. */
            key?: string;
            /** @description The key must hold all of them; `read:*` and `*` count. */
            requiredScopes?: string[];
            /** @description The product that the key is used for: one of another product is not valid, one without a product is. */
            productId?: string;
            /** @description The environment, which is that of the credential. */
            projectEnv?: string;
            /** @description false: it takes nothing of the limits, and none refuses it; as a `cost` of 0. */
            checkRateLimit?: boolean;
            /** @description false: it is logged and counted, but `useCount` and `lastUsedAt` stay as they are. */
            trackUsage?: boolean;
            /** @description What the request takes of the limits; 1 unless said. */
            cost?: number;
            /** @description The caller's address, as the application has found it; without it a key with an IP list is refused. */
            ip?: string;
            /** @description The endpoint that is called, `GET:/users/7`, which may be disabled or require scopes. */
            methodPath?: string;
            /** @description The caller's, for the logs. */
            userAgent?: string;
            /** @description When this was sent. In an envelope it is required, for it bounds how long the envelope is good. */
            timestamp?: string;
        };
        VerifyReply: {
            valid: boolean;
            /** @enum {string} */
            code: "ALLOWED" | "MISSING_KEY" | "INVALID_KEY" | "EXPIRED" | "NOT_YET_VALID" | "SIGNATURE_REQUIRED" | "SIGNATURE_INVALID" | "REVOKED" | "DISABLED" | "CLIENT_DISABLED" | "ENVIRONMENT_DISABLED" | "ENDPOINT_DISABLED" | "ENVIRONMENT_UNKNOWN" | "ENCRYPTION_REQUIRED" | "IP_NOT_ALLOWED" | "INSUFFICIENT_SCOPE" | "RATE_LIMITED" | "ABNORMAL_USAGE" | "REPLAYED" | "STALE_REQUEST";
            /** @description What the application should answer its caller. */
            status: number;
            message: string;
            key?: {
                id: string;
                name: string | null;
                clientId: string;
                scopes: string[];
                metadata: {
                    [key: string]: unknown;
                };
                expiresAt: string | null;
                lastUsedAt: string | null;
                useCount: number | null;
            };
            /**
             * @description Allowed while the store is away, by the policy `open`: limits and replays were not looked at.
             * @constant
             */
            degraded?: true;
            expiredAt?: string;
            /** @description With RATE_LIMITED, when waiting helps. */
            retryAfterSeconds?: number;
            /** @description With RATE_LIMITED: the window that is used up. */
            window?: string;
            /** @description With RATE_LIMITED: whose limit it is, key or client. */
            subject?: string;
        };
        Operations: {
            /** @description Verify a customer key, and be told of it */
            verify: {
                body: components["schemas"]["VerifyBody"];
                answer: components["schemas"]["VerifyReply"];
            };
            /** @description List the organizations that the caller belongs to, newest first */
            listOrganizations: {
                query: {
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                    /** @description Part of the name, in any letter case. */
                    name?: string;
                };
                answer: {
                    data: components["schemas"]["Organization"][];
                    pagination: components["schemas"]["Pagination"];
                };
            };
            /** @description Create an organization, whose owner the caller is; with ifExists=return, one of that name that the caller belongs to is answered */
            createOrganization: {
                query: {
                    /**
                     * @description When there is one of that name: 409 ALREADY_EXISTS (`refuse`, unless said), or 200 with it (`return`).
                     * @enum {string}
                     */
                    ifExists?: "refuse" | "return";
                };
                body: components["schemas"]["NewOrganization"];
                answer: components["schemas"]["Organization"];
            };
            /** @description Read an organization that the caller belongs to */
            getOrganization: {
                answer: components["schemas"]["Organization"];
            };
            /** @description Change the name of an organization */
            changeOrganization: {
                body: components["schemas"]["OrganizationChange"];
                answer: components["schemas"]["Organization"];
            };
            /** @description Delete an organization with all that it has: its keys stop at once, personal data is erased, totals and audit records stay */
            deleteOrganization: {
                query: {
                    /** @description Needed while it has active clients. */
                    forceDelete?: boolean;
                };
                answer: components["schemas"]["Removed"];
            };
            /** @description List the clients of an environment, newest first */
            listClients: {
                query: {
                    project_env?: string;
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                    /** @description Part of the name, in any letter case. */
                    name?: string;
                    /** @enum {string} */
                    type?: "person" | "company" | "service" | "device" | "internal";
                    /** @enum {string} */
                    status?: "active" | "disabled";
                    /** @description A UUID; opaque. */
                    templateId?: string;
                    /** @description Also those that were made for one key alone. */
                    hidden?: boolean;
                };
                answer: {
                    data: components["schemas"]["Client"][];
                    pagination: components["schemas"]["Pagination"];
                };
            };
            /** @description Create a client, or several; with upsert=true, or from an SDK, an existing one of that name is kept */
            createClient: {
                query: {
                    project_env?: string;
                    upsert?: boolean;
                };
                body: components["schemas"]["NewClient"] | components["schemas"]["NewClient"][];
                answer: components["schemas"]["Client"] | components["schemas"]["Client"][];
            };
            /** @description Read a client with its keys and statistics */
            getClient: {
                query: {
                    project_env?: string;
                };
                answer: components["schemas"]["Client"];
            };
            /** @description Change parts of a client; add or change keys */
            changeClient: {
                query: {
                    project_env?: string;
                };
                body: components["schemas"]["ClientChange"];
                answer: components["schemas"]["Client"];
            };
            /** @description With keyId: revoke that key. Without: delete the client; its keys stop at once */
            deleteClient: {
                query: {
                    project_env?: string;
                    /** @description A UUID; opaque. */
                    keyId?: string;
                };
                answer: components["schemas"]["Erased"] | components["schemas"]["Removed"];
            };
            /** @description List the keys of an environment, or of its project or organization as such, newest first */
            listKeys: {
                query: {
                    project_env?: string;
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                    /**
                     * @description Where the key is known: in its environment, in all of its project, or in all of the organization.
                     * @enum {string}
                     */
                    reach?: "environment" | "project" | "organization";
                    /** @enum {string} */
                    status?: "active" | "expired" | "revoked" | "disabled" | "all";
                    /** @description A UUID; opaque. */
                    clientId?: string;
                    /** @description A UUID; opaque. */
                    productId?: string;
                    /** @description Part of the name, in any letter case. */
                    name?: string;
                    /** @description What the key begins with, as `keyPrefix` shows it. */
                    prefix?: string;
                    /** @description ISO 8601 with seconds; `Z`, an offset, or none (UTC). */
                    expiresBefore?: string;
                    /** @description ISO 8601 with seconds; `Z`, an offset, or none (UTC). */
                    createdBefore?: string;
                    /** @description Made before this time and not used since, as far as it is counted. */
                    unusedSince?: string;
                };
                answer: {
                    data: components["schemas"]["ManagedKey"][];
                    pagination: components["schemas"]["CappedPagination"];
                };
            };
            /** @description Create a key, for a client or with one of its own; the raw key is in this answer only */
            createKey: {
                query: {
                    project_env?: string;
                    /**
                     * @description What is done when the client (or, without one, the reach) has an active key of that name: answer it with 200, or refuse with ALREADY_EXISTS. Unless it is said, names may repeat.
                     * @enum {string}
                     */
                    ifExists?: "return" | "refuse";
                };
                body: components["schemas"]["NewManagedKey"];
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description Create many keys, all or none; faults are told by the place of each item */
            createKeys: {
                query: {
                    project_env?: string;
                };
                body: {
                    items: components["schemas"]["NewManagedKey"][];
                };
                answer: {
                    data: components["schemas"]["ManagedKey"][];
                    /**
                     * @description The change is stored, but has not reached the validators yet.
                     * @constant
                     */
                    propagation?: "pending";
                };
            };
            /** @description Read a key */
            getKey: {
                query: {
                    project_env?: string;
                };
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description Change parts of a key in place; what it has used stays used */
            changeKey: {
                query: {
                    project_env?: string;
                };
                body: components["schemas"]["ManagedKeyChange"];
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description Revoke a key for good; it stays listed. Revoking it again changes nothing */
            revokeKey: {
                query: {
                    project_env?: string;
                };
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description Revoke the keys that a filter finds, at most 1,000 at once; repeat while some remain */
            revokeKeys: {
                query: {
                    project_env?: string;
                };
                body: {
                    filter: {
                        /** @description A UUID; opaque. */
                        clientId?: string;
                        /** @description A UUID; opaque. */
                        productId?: string;
                        /** @description Part of the name, in any letter case. */
                        name?: string;
                        /** @description What the key begins with, as `keyPrefix` shows it. */
                        prefix?: string;
                        /** @description ISO 8601 with seconds; `Z`, an offset, or none (UTC). */
                        expiresBefore?: string;
                        /** @description ISO 8601 with seconds; `Z`, an offset, or none (UTC). */
                        createdBefore?: string;
                        /** @description Made before this time and not used since, as far as it is counted. */
                        unusedSince?: string;
                        ids?: string[];
                    };
                    /** @description Only say which they are. */
                    dryRun?: boolean;
                };
                answer: {
                    dryRun: boolean;
                    /** @description Keys that were not revoked before, counted up to 10,000. */
                    matched: number;
                    revoked: number;
                    /** @description Ask again while it is not 0. */
                    remaining: number;
                    /** @description The first 100 of those that were, or would be, revoked. */
                    ids: string[];
                    /**
                     * @description The change is stored, but has not reached the validators yet.
                     * @constant
                     */
                    propagation?: "pending";
                };
            };
            /** @description Make a successor with the same rules and totals; the raw key is in this answer only */
            rotateKey: {
                query: {
                    project_env?: string;
                };
                body: {
                    /** @description How long the old key goes on beside the new one; never longer than it would have. */
                    overlapSeconds?: number;
                    expiresAt?: string | null;
                };
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description Delete a key and erase what is personal of it; it stays refused */
            deleteKey: {
                query: {
                    project_env?: string;
                };
                answer: components["schemas"]["Erased"];
            };
            /** @description List the successors of keys with autoRotate that are due or were claimed, newest first */
            listRotations: {
                query: {
                    project_env?: string;
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                };
                answer: {
                    data: components["schemas"]["Rotation"][];
                    pagination: components["schemas"]["Pagination"];
                };
            };
            /** @description Mint the successor that is due; a second claim voids a first that nobody has used, and waits until uses are counted */
            claimRotation: {
                query: {
                    project_env?: string;
                };
                body: {
                    /** @description How long the old key goes on beside the new one; never longer than it would have. */
                    overlapSeconds?: number;
                };
                answer: components["schemas"]["ManagedKey"];
            };
            /** @description List the projects that the credential may see, newest first */
            listProjects: {
                query: {
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                    /** @description Part of the name, in any letter case. */
                    name?: string;
                    slug?: string;
                };
                answer: {
                    data: components["schemas"]["ProjectSummary"][];
                    pagination: components["schemas"]["Pagination"];
                };
            };
            /** @description Create a project with its environments; each gets a server key and a signing secret, shown once; with ifExists=return, one of that slug is answered */
            createProject: {
                query: {
                    /**
                     * @description When there is one of that name: 409 ALREADY_EXISTS (`refuse`, unless said), or 200 with it (`return`).
                     * @enum {string}
                     */
                    ifExists?: "refuse" | "return";
                };
                body: components["schemas"]["NewProject"];
                answer: components["schemas"]["ProjectSummary"];
            };
            /** @description Read a project by slug, or by the project_env of one of its environments (then `env` is that one) */
            getProject: {
                answer: components["schemas"]["ProjectSummary"];
            };
            /** @description Change parts of a project; `singleEnv` changes the environment whose project_env the URL names, `envs` changes, adds and deletes environments by type */
            changeProject: {
                body: components["schemas"]["ProjectChange"];
                answer: components["schemas"]["ProjectSummary"];
            };
            /** @description Delete a project, one of its environments, or a template; keys stop at once, personal data is erased, totals stay */
            deleteProject: {
                query: components["schemas"]["ProjectRemoval"];
                answer: components["schemas"]["ProjectRemoved"];
            };
            /** @description List the products of the organization, newest first */
            listProducts: {
                query: {
                    /** @default 1 */
                    page?: number;
                    /** @default 10 */
                    limit?: number;
                    /** @description Part of the name, in any letter case. */
                    name?: string;
                    /** @description A project's id or slug. */
                    project?: string;
                };
                answer: {
                    data: components["schemas"]["Product"][];
                    pagination: components["schemas"]["Pagination"];
                };
            };
            /** @description Create a product; with ifExists=return, one of that name is answered */
            createProduct: {
                query: {
                    /**
                     * @description When there is one of that name: 409 ALREADY_EXISTS (`refuse`, unless said), or 200 with it (`return`).
                     * @enum {string}
                     */
                    ifExists?: "refuse" | "return";
                };
                body: components["schemas"]["NewProduct"];
                answer: components["schemas"]["Product"];
            };
            /** @description Read a product */
            getProduct: {
                answer: components["schemas"]["Product"];
            };
            /** @description Change parts of a product; `projects` are all that it is in from then on */
            changeProduct: {
                body: components["schemas"]["ProductChange"];
                answer: components["schemas"]["Product"];
            };
            /** @description Delete a product, unless there are keys for it that are not revoked */
            deleteProduct: {
                answer: components["schemas"]["Removed"];
            };
            /** @description Put a product into a project, by its id or slug; once more changes nothing */
            addProductToProject: {
                answer: components["schemas"]["Product"];
            };
            /** @description Take a product out of a project, by its id or slug; once more changes nothing */
            removeProductFromProject: {
                answer: components["schemas"]["Product"];
            };
            /** @description Read what an environment was asked, by the hour (at most 31 days) or the day (at most 731), oldest first */
            readUsage: {
                query: components["schemas"]["UsageQuery"];
                answer: {
                    data: components["schemas"]["UsageRow"][];
                    nextCursor: string | null;
                };
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type CappedPagination = components['schemas']['CappedPagination'];
export type Client = components['schemas']['Client'];
export type ClientChange = components['schemas']['ClientChange'];
export type ClientStatus = components['schemas']['ClientStatus'];
export type ClientType = components['schemas']['ClientType'];
export type EnvSummary = components['schemas']['EnvSummary'];
export type EnvironmentItem = components['schemas']['EnvironmentItem'];
export type Erased = components['schemas']['Erased'];
export type Key = components['schemas']['Key'];
export type KeyChange = components['schemas']['KeyChange'];
export type KeyRateLimit = components['schemas']['KeyRateLimit'];
export type KeyReach = components['schemas']['KeyReach'];
export type KeyStatus = components['schemas']['KeyStatus'];
export type ManagedKey = components['schemas']['ManagedKey'];
export type ManagedKeyChange = components['schemas']['ManagedKeyChange'];
export type NewClient = components['schemas']['NewClient'];
export type NewClientKey = components['schemas']['NewClientKey'];
export type NewEnvironment = components['schemas']['NewEnvironment'];
export type NewManagedKey = components['schemas']['NewManagedKey'];
export type NewOrganization = components['schemas']['NewOrganization'];
export type NewProduct = components['schemas']['NewProduct'];
export type NewProject = components['schemas']['NewProject'];
export type NewTemplate = components['schemas']['NewTemplate'];
export type Organization = components['schemas']['Organization'];
export type OrganizationChange = components['schemas']['OrganizationChange'];
export type Pagination = components['schemas']['Pagination'];
export type Product = components['schemas']['Product'];
export type ProductChange = components['schemas']['ProductChange'];
export type ProjectChange = components['schemas']['ProjectChange'];
export type ProjectRemoval = components['schemas']['ProjectRemoval'];
export type ProjectRemoved = components['schemas']['ProjectRemoved'];
export type ProjectSummary = components['schemas']['ProjectSummary'];
export type Removed = components['schemas']['Removed'];
export type Rotation = components['schemas']['Rotation'];
export type Template = components['schemas']['Template'];
export type UsageQuery = components['schemas']['UsageQuery'];
export type UsageRow = components['schemas']['UsageRow'];
export type VerifyBody = components['schemas']['VerifyBody'];
export type VerifyReply = components['schemas']['VerifyReply'];
export type Operations = components['schemas']['Operations'];
