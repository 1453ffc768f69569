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

package io.github.bootmesh.dev;

import java.net.URI;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Refuses requests that a web page of elsewhere could make a browser send: by a name that
 * resolves to loopback (DNS rebinding), or across origins.
 */
final class LoopbackOnly {

	private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern PORT = Pattern.compile(":\\d*$");

	private LoopbackOnly() {
	}

	/**
	 * Whether the request is for loopback and, as far as it says, from loopback.
	 * @param host the header {@code Host}
	 * @param origin the header {@code Origin}
	 * @return {@code true} if it may be answered
	 */
	static boolean admits(@Nullable String host, @Nullable String origin) {
		return host != null && LOOPBACK.matcher(PORT.matcher(host).replaceFirst("")).matches()
				&& (origin == null || isLoopback(origin));
	}

	private static boolean isLoopback(String origin) {
		try {
			String host = URI.create(origin).getHost();
			return host != null && LOOPBACK.matcher(host).matches();
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

}
