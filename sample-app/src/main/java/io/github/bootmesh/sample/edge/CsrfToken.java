/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.sample.edge;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The secret that only a page from here knows: it is read with a request that other
 * origins may send but not read. One per process, for the demo has one user.
 */
@Component
final class CsrfToken {

	static final String HEADER = "X-CSRF-Token";

	private final String token;

	CsrfToken() {
		byte[] bytes = new byte[32];
		new SecureRandom().nextBytes(bytes);
		this.token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
	}

	String value() {
		return this.token;
	}

	boolean matches(@Nullable String presented) {
		return presented != null && MessageDigest.isEqual(this.token.getBytes(StandardCharsets.US_ASCII),
				presented.getBytes(StandardCharsets.UTF_8));
	}

}
