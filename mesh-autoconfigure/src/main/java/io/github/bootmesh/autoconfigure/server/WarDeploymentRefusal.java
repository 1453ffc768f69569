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

import jakarta.servlet.ServletContext;
import org.springframework.util.ClassUtils;

/**
 * Stops the start in somebody else's servlet container, whose connectors are out of
 * reach. A mock servlet context serves nobody and is let pass.
 */
final class WarDeploymentRefusal {

	private static final String MOCK = "org.springframework.mock.web.MockServletContext";

	WarDeploymentRefusal(ServletContext servletContext) {
		ClassLoader loader = servletContext.getClass().getClassLoader();
		if (!ClassUtils.isPresent(MOCK, loader)
				|| !ClassUtils.resolveClassName(MOCK, loader).isInstance(servletContext)) {
			throw new MeshServerUnsupportedException(
					"a WAR in the servlet container " + servletContext.getServerInfo());
		}
	}

}
