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

package io.github.bootmesh.sample;

import java.util.List;

import org.slf4j.LoggerFactory;
import org.springframework.boot.DefaultApplicationArguments;

/**
 * Starts the demo: all services in this JVM, or those named by {@code --service}. Every
 * other argument goes to each service.
 */
public final class SampleApplication {

	private SampleApplication() {
	}

	/**
	 * Starts the services and returns; their servers keep the JVM alive.
	 * @param args the arguments, such as {@code --service=inventory} or
	 * {@code --bootmesh.consul.url=http://localhost:8500}
	 */
	public static void main(String... args) {
		RunningServices services = RunningServices.start(wanted(args), args);
		Runtime.getRuntime().addShutdownHook(new Thread(services::close, "sample-shutdown"));
	}

	private static List<SampleService> wanted(String... args) {
		try {
			return SampleService.named(new DefaultApplicationArguments(args).getOptionValues("service"));
		}
		catch (IllegalArgumentException ex) {
			LoggerFactory.getLogger(SampleApplication.class).error(ex.getMessage());
			System.exit(1);
			throw ex;
		}
	}

}
