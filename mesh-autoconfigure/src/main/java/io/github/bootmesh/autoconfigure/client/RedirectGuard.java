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

package io.github.bootmesh.autoconfigure.client;

import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;

import io.netty.handler.codec.http.HttpHeaderNames;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientConfig;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;

/**
 * Keeps clients of the outside from following a redirect into the mesh: neither may a
 * stranger choose what is called there, nor may a mesh name be dialled in plaintext. Such
 * a redirect is given to the caller as the response that it is.
 */
final class RedirectGuard {

	private static final Logger logger = LoggerFactory.getLogger(RedirectGuard.class);

	// One line for each engine, not for each client that is built.
	private static final Set<Class<?>> WARNED = ConcurrentHashMap.newKeySet();

	private final MeshRoutes routes;

	RedirectGuard(MeshRoutes routes) {
		this.routes = routes;
	}

	/**
	 * The same client, which goes on to follow what it followed except into the mesh.
	 */
	HttpClient guard(HttpClient client) {
		HttpClientConfig config = client.configuration();
		BiPredicate<HttpClientRequest, HttpClientResponse> follows = config.followRedirectPredicate();
		if (follows == null) {
			return client;
		}
		BiPredicate<HttpClientRequest, HttpClientResponse> guarded = follows.and(this::staysOutside);
		return (config.redirectRequestBiConsumer() != null)
				? client.followRedirect(guarded, config.redirectRequestBiConsumer())
				: client.followRedirect(guarded, config.redirectRequestConsumer());
	}

	private boolean staysOutside(HttpClientRequest request, HttpClientResponse response) {
		String location = response.responseHeaders().get(HttpHeaderNames.LOCATION);
		String from = request.resourceUrl();
		try {
			return location == null || from == null || !this.routes.leadsIntoMesh(URI.create(from).resolve(location));
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	/**
	 * The settings for an engine that cannot be told which redirects to follow: none.
	 */
	HttpClientSettings withoutRedirects(@Nullable HttpClientSettings settings, Object builder) {
		HttpClientSettings given = (settings != null) ? settings : HttpClientSettings.defaults();
		if (given.redirects() != HttpRedirects.DONT_FOLLOW && WARNED.add(builder.getClass())) {
			logger.warn(
					"{} cannot be kept from following a redirect into the mesh: it follows none. Reactor Netty "
							+ "(spring.http.clients.*) follows those that stay outside",
					builder.getClass().getSimpleName());
		}
		return given.withRedirects(HttpRedirects.DONT_FOLLOW);
	}

}
