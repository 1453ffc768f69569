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

package io.github.bootmesh.autoconfigure.server;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

import io.github.bootmesh.Internal;

/**
 * Says once that who has no mesh identity cannot reach actuator endpoints on the main
 * port.
 */
@Internal
public final class SharedManagementPortWarning implements ApplicationListener<WebServerInitializedEvent> {

	private static final Logger logger = LoggerFactory.getLogger(SharedManagementPortWarning.class);

	private final Environment environment;

	private final String where;

	/**
	 * Makes it.
	 * @param environment where the ports are said
	 * @param where what is special about the main port, and what follows of it
	 */
	public SharedManagementPortWarning(Environment environment, String where) {
		this.environment = environment;
		this.where = where;
	}

	@Override
	public void onApplicationEvent(WebServerInitializedEvent event) {
		if (ManagementPortType.get(this.environment) == ManagementPortType.SAME) {
			logger.warn("Health and other actuator endpoints are on port {}, {}. Set management.server.port to "
					+ "serve them on a port of their own.", event.getWebServer().getPort(), this.where);
		}
	}

}
